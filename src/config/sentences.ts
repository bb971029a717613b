/**
 * What Ajv finds, in words that name the option and what to write. Never Ajv's own.
 */
import type { Field, ObjectField } from '../component/schema.ts';
import { formatDuration } from '../lib/duration.ts';
import { formatSize } from '../lib/size.ts';
import type { Path } from './tree.ts';
import { pathText } from './prepare.ts';
import { didYouMean, listed, nearest, oneOf } from './suggest.ts';
import type { SchemaError } from './schema-check.ts';

export interface Sentence {
  readonly message: string;
  readonly suggestion?: string | undefined;
  /** The unknown key itself, or the value at `path`. */
  readonly at: 'key' | 'value';
  readonly path: Path;
  /** For an unknown key: whether what it was probably meant to be is a secret. */
  readonly secret?: boolean;
}

/** `label` is what the options are of: a component type, `service`. */
export function sentences(
  errors: readonly SchemaError[],
  schema: ObjectField,
  label: string,
  valueAt: (path: Path) => unknown,
): Sentence[] {
  const unknown: Sentence[] = [];
  const others: Sentence[] = [];
  const meant = new Set<string>();
  for (const error of errors) {
    if (error.keyword !== 'additionalProperties') continue;
    const sentence = unknownOption(error, schema, label);
    unknown.push(sentence);
    if (sentence.suggestion !== undefined) meant.add(`${error.instancePath}/${sentence.suggestion}`);
  }
  for (const error of errors) {
    const path = pathOf(error.instancePath, schema);
    if (error.keyword === 'additionalProperties') continue;
    if (error.keyword === 'required') {
      const missing = String(error.params['missingProperty']);
      // Misspelt, and said so already.
      if (meant.has(`${error.instancePath}/${missing}`)) continue;
      others.push({
        message: `${path.length === 0 ? label : `${pathText(path)} of ${label}`} needs ${missing}`,
        at: 'value',
        path: [...path, missing],
      });
      continue;
    }
    others.push({ at: 'value', path, ...ruleBroken(error, path, fieldAt(schema, path), valueAt(path)) });
  }
  return [...unknown, ...others];
}

function unknownOption(error: SchemaError, schema: ObjectField, label: string): Sentence {
  const path = pathOf(error.instancePath, schema);
  const key = String(error.params['additionalProperty']);
  const owner = fieldAt(schema, path);
  const properties = owner && 'properties' in owner ? owner.properties : {};
  const where = path.length === 0 ? label : `${pathText(path)} of ${label}`;
  const suggestion = nearest(key, Object.keys(properties));
  const field = suggestion === undefined ? undefined : properties[suggestion];
  const home = Object.keys(properties).find((name) => {
    const inner = properties[name]!;
    return 'properties' in inner && Object.hasOwn(inner.properties, key);
  });
  let advice = didYouMean(suggestion);
  if (home !== undefined) advice = `; it belongs under ${home}`;
  else if (suggestion === undefined)
    advice = Object.keys(properties).length === 0 ? '' : `; it has ${listed(Object.keys(properties))}`;
  return {
    message: `unknown option "${key}" of ${where}${advice}`,
    suggestion: home === undefined ? suggestion : undefined,
    at: 'key',
    path: [...path, key],
    secret: field !== undefined && 'writeOnly' in field && field.writeOnly === true,
  };
}

function ruleBroken(
  { keyword, params }: SchemaError,
  path: Path,
  field: Field | undefined,
  value: unknown,
): { message: string; suggestion?: string | undefined } {
  const name = path.length === 0 ? 'this' : pathText(path);
  const limit = Number(params['limit']);
  switch (keyword) {
    case 'enum': {
      const allowed = (params['allowedValues'] as readonly unknown[]).map(String);
      const suggestion = typeof value === 'string' ? nearest(value, allowed) : undefined;
      return { message: `${name} must be one of ${oneOf(allowed)}${didYouMean(suggestion)}`, suggestion };
    }
    case 'minimum':
      return { message: `${name} must be at least ${amount(limit, field)}` };
    case 'exclusiveMinimum':
      return { message: `${name} must be more than ${amount(limit, field)}` };
    case 'maximum':
      return { message: `${name} must be at most ${amount(limit, field)}` };
    case 'minItems':
      return { message: limit === 1 ? `${name} must not be empty` : `${name} needs at least ${limit} items` };
    case 'minLength':
      return { message: limit === 1 ? `${name} must not be empty` : `${name} needs at least ${limit} characters` };
    case 'maxLength':
      return { message: `${name} is longer than ${limit} characters` };
    case 'pattern':
      return {
        message: `${name} does not look like ${example(field) ?? `what is wanted: ${String(params['pattern'])}`}`,
      };
    default:
      return { message: `${name} is not as it should be (${keyword})` };
  }
}

function amount(limit: number, field: Field | undefined): string {
  const format = field && 'format' in field ? field.format : undefined;
  if (format === 'duration') return formatDuration(limit);
  return format === 'size' ? formatSize(limit) : String(limit);
}

function example(field: Field | undefined): string | undefined {
  const examples = field && 'examples' in field ? field.examples : undefined;
  return examples && examples.length > 0 ? examples.map(String).join(' or ') : undefined;
}

/** The schema of what is at a path; undefined where none speaks of it. */
export function fieldAt(schema: Field, path: Path): Field | undefined {
  let field: Field | undefined = schema;
  for (const step of path) {
    if (!field) return undefined;
    if (field.type === 'array') field = field.items;
    else if (field.type !== 'object') return undefined;
    else if (!('properties' in field)) field = field.additionalProperties;
    else field = Object.hasOwn(field.properties, step) ? field.properties[step] : undefined;
  }
  return field;
}

/** Indexes as numbers, keys as texts, though a key may be made of digits. */
function pathOf(instancePath: string, schema: Field): Path {
  if (instancePath === '') return [];
  const path: (string | number)[] = [];
  for (const part of instancePath.slice(1).split('/')) {
    const step = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(fieldAt(schema, path)?.type === 'array' ? Number(step) : step);
  }
  return path;
}
