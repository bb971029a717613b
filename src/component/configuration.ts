/**
 * The configuration once it is read, merged, substituted and checked: what the graph is built
 * from and what a plan compares. Plain data, but for `locate`.
 */
import type { DeliveryOptions } from './delivery-options.ts';
import type { Place } from './errors.ts';

export interface Configuration {
  /** Absolute path of the main file. */
  readonly file: string;
  /** By id, in the order of the file; disabled ones too. */
  readonly receivers: ReadonlyMap<string, ComponentSpec>;
  /** Named processors, whether or not a pipeline uses them. */
  readonly processors: ReadonlyMap<string, ComponentSpec>;
  readonly exporters: ReadonlyMap<string, ExporterSpec>;
  /** By name; the pipeline `default` where the file has no `pipelines`. */
  readonly pipelines: ReadonlyMap<string, PipelineSpec>;
  readonly service: ServiceOptions;
  /** The raw value of the `tests` block, already positioned; undefined where there is none. */
  readonly tests?: unknown;
  /** Values that must never be printed: what secret options and secret substitutions resolved to. */
  readonly secrets: readonly string[];
}

export interface ComponentSpec {
  readonly id: string;
  readonly type: string;
  readonly enabled: boolean;
  /** As its schema types them: durations in milliseconds, sizes in bytes, defaults filled in. */
  readonly options: unknown;
  readonly position: Position;
  /** Where in the file a place in the options is, for errors that `create` and `start` find. */
  locate(place: Place): Position;
}

export interface StageSpec extends ComponentSpec {
  /** Whose windows they are: `pipeline/id`, or for one in place `pipeline/type#occurrence`. Unique. */
  readonly key: string;
}

export interface ExporterSpec extends ComponentSpec {
  /** `filters` and `rate_limit`, as the processors that they mean; keys are `exporter/ID/filters` and `…/rate_limit`. */
  readonly door: readonly StageSpec[];
  readonly delivery: DeliveryOptions;
}

export interface PipelineSpec {
  readonly name: string;
  readonly receivers: readonly string[];
  readonly stages: readonly StageSpec[];
  /** Ids of exporters. */
  readonly exporters: readonly string[];
  /** Names of pipelines this one feeds. */
  readonly feeds: readonly string[];
  readonly position: Position;
}

export interface Position {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
}

export interface ServiceOptions {
  readonly storageDirectory: string;
  readonly admin: { readonly listen: string; readonly token?: string; readonly chosen: boolean };
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error';
    readonly format: 'auto' | 'json' | 'pretty';
    readonly levels: Readonly<Record<string, 'debug' | 'info' | 'warn' | 'error'>>;
  };
  readonly shutdownTimeoutMs: number;
  readonly reload: { readonly requireTests: boolean };
  readonly record?: { readonly maxBytes: number; readonly maxAgeMs: number; readonly redact: readonly string[] };
  /** Absolute paths of modules with components of the user's own. */
  readonly plugins: readonly string[];
  readonly workers: number;
}

/** Something about the file that is wrong (`error`), or valid and probably not meant (`hint`). */
export interface Problem extends Position {
  readonly severity: 'error' | 'hint';
  /** What is wrong and what to do, without the position. Holds no secret. */
  readonly message: string;
  /** Characters from `column` that are at fault. */
  readonly length?: number;
  /** A name that was probably meant. */
  readonly suggestion?: string;
  /** The line itself, secrets masked. */
  readonly text: string;
}
