/**
 * Options as rows of a table: what `components` prints and what docs/reference is made of. An
 * operator asks of an option: what is it called, what may I write, what if I write nothing, what does it do?
 */
import type { ConfigSchema, Field, ObjectField } from '../component/schema.ts';
import { valueText } from './value-text.ts';

export interface OptionRow {
  /** As written in YAML, from the component's options down: `retry.max_interval`, `level[].when`. */
  readonly path: string;
  /** What may be written, in words: `duration, at least 1s`. */
  readonly type: string;
  readonly required: boolean;
  /** A secret: printed nowhere. */
  readonly secret: boolean;
  /** As one would write it; undefined where there is none. */
  readonly default?: string;
  readonly description: string;
}

/** Every option of a schema, nested ones after the one that holds them. Required ones come first on each level. */
export function optionRows(schema: ConfigSchema): OptionRow[] {
  return rowsOf(schema, '');
}

function rowsOf(schema: ObjectField, prefix: string): OptionRow[] {
  const required = new Set(schema.required);
  const names = Object.keys(schema.properties);
  const ordered = [...names.filter((name) => required.has(name)), ...names.filter((name) => !required.has(name))];
  return ordered.flatMap((name) => {
    const field = schema.properties[name]!;
    const path = prefix + name;
    const row = {
      path,
      type: typeText(field),
      required: required.has(name),
      secret: isSecret(field),
      description: field.description,
    };
    const standard = defaultText(field);
    return [standard === undefined ? row : { ...row, default: standard }, ...nestedRows(field, path)];
  });
}

function nestedRows(field: Field, path: string): OptionRow[] {
  if (isObject(field)) return rowsOf(field, `${path}.`);
  if (field.type === 'array' && isObject(field.items)) return rowsOf(field.items, `${path}[].`);
  if (field.type === 'object' && !('properties' in field)) {
    return isObject(field.additionalProperties) ? rowsOf(field.additionalProperties, `${path}.NAME.`) : [];
  }
  return [];
}

/** A default of `{}` only means that the options below have their own. */
function defaultText(field: Field): string | undefined {
  if (!('default' in field) || field.default === undefined || isObject(field)) return undefined;
  return valueText(field, field.default);
}

function isObject(field: Field): field is ObjectField {
  return field.type === 'object' && 'properties' in field;
}

function isSecret(field: Field): boolean {
  return 'writeOnly' in field && field.writeOnly === true;
}

const FORMATS = {
  uri: 'URL',
  regex: 'regular expression',
  expression: 'expression',
  template: 'template',
  glob: 'file pattern',
  field: 'field',
  address: 'host:port',
  listen: 'listen address',
  path: 'path',
  email: 'mail address',
} as const;

/** What may be written for a field, in words. */
function typeText(field: Field): string {
  if (Array.isArray(field.type)) return 'any value';
  if (field.type === 'array') {
    const one = typeText(field.items);
    return 'orOne' in field && field.orOne ? `${one}, or a list` : `list of ${one}`;
  }
  if (field.type === 'object') {
    if (isObject(field)) return 'options';
    return `map of ${typeText(field.additionalProperties)}`;
  }
  if ('enum' in field && field.enum) return field.enum.join(' | ');
  if (field.type === 'string') return 'format' in field && field.format ? FORMATS[field.format] : 'text';
  const unit = 'format' in field && field.format ? field.format : field.type;
  return [
    unit,
    ...('minimum' in field || 'exclusiveMinimum' in field || 'maximum' in field ? [boundsText(field)] : []),
  ].join(', ');
}

function boundsText(field: Field & { minimum?: number; exclusiveMinimum?: number; maximum?: number }): string {
  const { minimum, exclusiveMinimum, maximum } = field;
  if (minimum !== undefined && maximum !== undefined)
    return `${valueText(field, minimum)} to ${valueText(field, maximum)}`;
  if (maximum !== undefined) return `at most ${valueText(field, maximum)}`;
  if (minimum !== undefined) return `at least ${valueText(field, minimum)}`;
  return `more than ${valueText(field, exclusiveMinimum)}`;
}
