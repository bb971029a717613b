import type { ExporterDefinition, ProcessorDefinition, ReceiverDefinition } from './component.ts';
import type { ConfigSchema } from './schema.ts';

/** The component types a configuration can name. `src/catalog.ts` has the built-in ones; plugins add to a copy of it. */
export interface Catalog {
  readonly receivers: ReadonlyMap<string, ReceiverDefinition>;
  readonly processors: ReadonlyMap<string, ProcessorDefinition>;
  /** Their schemas already have the options that every exporter has. */
  readonly exporters: ReadonlyMap<string, ExporterDefinition>;
  /** Checks texts that a schema only names the format of. */
  readonly formats: Readonly<Partial<Record<TextFormat, FormatCheck>>>;
}

export type TextFormat =
  | 'uri'
  | 'regex'
  | 'expression'
  | 'template'
  | 'glob'
  | 'field'
  | 'address'
  | 'listen'
  | 'path'
  | 'email';

/** Undefined if `text` is right, else what is wrong and how many characters into it. */
export type FormatCheck = (text: string) => FormatProblem | undefined;

export interface FormatProblem {
  readonly message: string;
  readonly offset?: number;
  /** Characters from `offset` that are at fault. */
  readonly length?: number;
  /** A name that was probably meant. */
  readonly suggestion?: string;
}

export type ComponentKind = 'receiver' | 'processor' | 'exporter';

/** What `components`, the reference and the file's JSON Schema need of a definition. */
export interface Described {
  readonly kind: ComponentKind;
  readonly type: string;
  readonly stability: 'alpha' | 'beta' | 'stable';
  readonly summary: string;
  readonly schema: ConfigSchema;
  readonly example: object;
}
