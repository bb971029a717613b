/**
 * The JSON Schema dialect of component options: what Ajv checks, what `ConfigOf` types,
 * what the reference pages print and what editors complete. Small on purpose.
 */
interface StringField {
  readonly type: 'string';
  readonly default?: string;
  readonly enum?: readonly string[];
  /**
   * uri: an absolute http or https URL. regex: a linear-time regular expression. expression: CEL
   * over an event. template: `{field}` placeholders or `{{ }}`. glob: a file pattern. field: a path
   * such as `source` or `metadata.hostname`. address: host:port. listen: scheme://host:port.
   */
  readonly format?:
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
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  /** A secret: masked wherever configuration is printed. */
  readonly writeOnly?: true;
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

interface NumberField {
  readonly type: 'number' | 'integer';
  /** Written as 30s or 64KiB; read as milliseconds or bytes before the check. A bare duration is seconds. */
  readonly format?: 'duration' | 'size';
  /** In milliseconds for a duration, bytes for a size. */
  readonly default?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

interface BooleanField {
  readonly type: 'boolean';
  readonly default?: boolean;
  readonly description?: string;
}

interface ListField {
  readonly type: 'array';
  readonly items: Field;
  readonly default?: readonly unknown[];
  readonly minItems?: number;
  /** One item may be written without the list around it; it is wrapped before the check. */
  readonly orOne?: true;
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

interface MapField {
  readonly type: 'object';
  readonly additionalProperties: Field;
  readonly default?: object;
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

/** Any YAML value: strings, numbers, booleans, null, lists and maps. */
interface AnyField {
  readonly type: readonly ['string', 'number', 'boolean', 'null', 'array', 'object'];
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

export interface ObjectField {
  readonly type: 'object';
  readonly additionalProperties: false;
  readonly required?: readonly string[];
  /** Each field says what it does: its description is its documentation. */
  readonly properties: Readonly<Record<string, Field & { readonly description: string }>>;
  readonly default?: object;
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

/** The schema of a component's options. */
export type ConfigSchema = ObjectField;

export type Field = StringField | NumberField | BooleanField | ListField | MapField | AnyField | ObjectField;

/** The type of options once they are checked and their defaults filled in. */
export type ConfigOf<S extends ObjectField> = {
  readonly [K in Present<S>]: ValueOf<S['properties'][K]>;
} & {
  readonly [K in Exclude<keyof S['properties'], Present<S>>]?: ValueOf<S['properties'][K]>;
};

type Present<S extends ObjectField> = {
  [K in keyof S['properties']]: S['properties'][K] extends { readonly default: unknown }
    ? K
    : K extends RequiredOf<S>
      ? K
      : never;
}[keyof S['properties']];

type RequiredOf<S extends ObjectField> = S extends { readonly required: readonly (infer R)[] } ? R : never;

type ValueOf<F> = F extends { readonly type: readonly unknown[] }
  ? unknown
  : F extends { readonly enum: readonly (infer E)[] }
    ? E
    : F extends { readonly type: 'string' }
      ? string
      : F extends { readonly type: 'number' | 'integer' }
        ? number
        : F extends { readonly type: 'boolean' }
          ? boolean
          : F extends { readonly type: 'array'; readonly items: infer I }
            ? readonly ValueOf<I>[]
            : F extends ObjectField
              ? ConfigOf<F>
              : F extends { readonly additionalProperties: infer V }
                ? Readonly<Record<string, ValueOf<V>>>
                : never;
