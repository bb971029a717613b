/**
 * Checks a value against a schema of the small dialect, and fills its defaults in: what Ajv would find,
 * found by walking the schema. Ajv's compiler costs half a second and 47 MB, and the code that it writes
 * beforehand half a megabyte to parse at each start: a file has a few hundred options.
 */
import type { Field, ObjectField } from '../component/schema.ts';

/** As Ajv tells it: where, which keyword, and what the keyword asks for. */
export interface SchemaError {
  /** JSON pointer. */
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** All errors of `value`, in which what is left out is given its default, in place. */
export function schemaErrors(schema: ObjectField, value: unknown): SchemaError[] {
  const errors: SchemaError[] = [];
  new Walk(errors).field(schema, value, '');
  return errors;
}

type Of<T> = Extract<Field, { readonly type: T }>;

const patterns = new Map<string, RegExp>();

class Walk {
  readonly #errors: SchemaError[];

  constructor(errors: SchemaError[]) {
    this.#errors = errors;
  }

  field(field: Field, value: unknown, path: string): void {
    switch (field.type) {
      case 'string':
        if (typeof value === 'string') this.#string(field, value, path);
        else this.#fail(path, 'type', { type: 'string' });
        return;
      case 'number':
      case 'integer':
        if (typeof value === 'number' && (field.type === 'integer' ? Number.isInteger(value) : Number.isFinite(value)))
          this.#number(field, value, path);
        else this.#fail(path, 'type', { type: field.type });
        return;
      case 'boolean':
        if (typeof value !== 'boolean') this.#fail(path, 'type', { type: 'boolean' });
        return;
      case 'array':
        if (Array.isArray(value)) this.#list(field, value, path);
        else this.#fail(path, 'type', { type: 'array' });
        return;
      case 'object':
        if (isRecord(value)) this.#object(field, value, path);
        else this.#fail(path, 'type', { type: 'object' });
        return;
      default:
      // Any value of YAML is right.
    }
  }

  #string(field: Of<'string'>, value: string, path: string): void {
    const { maxLength, minLength, pattern } = field;
    if (maxLength !== undefined && characters(value) > maxLength) this.#fail(path, 'maxLength', { limit: maxLength });
    if (minLength !== undefined && characters(value) < minLength) this.#fail(path, 'minLength', { limit: minLength });
    if (pattern !== undefined && !compiled(pattern).test(value)) this.#fail(path, 'pattern', { pattern });
    if (field.enum && !field.enum.includes(value)) this.#fail(path, 'enum', { allowedValues: field.enum });
  }

  #number(field: Of<'number' | 'integer'>, value: number, path: string): void {
    const { minimum, maximum, exclusiveMinimum } = field;
    if (maximum !== undefined && value > maximum) this.#fail(path, 'maximum', { limit: maximum });
    if (minimum !== undefined && value < minimum) this.#fail(path, 'minimum', { limit: minimum });
    if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
      this.#fail(path, 'exclusiveMinimum', { limit: exclusiveMinimum });
  }

  #list({ minItems, items }: Of<'array'>, value: readonly unknown[], path: string): void {
    if (minItems !== undefined && value.length < minItems) this.#fail(path, 'minItems', { limit: minItems });
    for (const [index, item] of value.entries()) this.field(items, item, `${path}/${index}`);
  }

  #object(field: Of<'object'>, value: Record<string, unknown>, path: string): void {
    if (!('properties' in field)) {
      for (const key of Object.keys(value)) this.field(field.additionalProperties, value[key], `${path}/${step(key)}`);
      return;
    }
    const { properties, required = [] } = field;
    for (const missingProperty of required) {
      if (value[missingProperty] === undefined) this.#fail(path, 'required', { missingProperty });
    }
    for (const additionalProperty of Object.keys(value)) {
      if (!Object.hasOwn(properties, additionalProperty))
        this.#fail(path, 'additionalProperties', { additionalProperty });
    }
    for (const [key, inner] of Object.entries(properties)) {
      if (value[key] === undefined && 'default' in inner) value[key] = structuredClone(inner.default);
      if (value[key] !== undefined) this.field(inner, value[key], `${path}/${step(key)}`);
    }
  }

  #fail(instancePath: string, keyword: string, params: SchemaError['params']): void {
    this.#errors.push({ instancePath, keyword, params });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON Schema counts code points. */
function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function compiled(pattern: string): RegExp {
  let known = patterns.get(pattern);
  if (!known) patterns.set(pattern, (known = new RegExp(pattern, 'u')));
  return known;
}

function step(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
