/**
 * Options as they may be printed: by `list`, in the log of a reload, in the admin API.
 */
import type { Field } from '../component/schema.ts';
import { isSecretHeader } from './secrets.ts';

const MASK = '***';

/** A copy of checked options in which secret values are `***`. What the schema does not know is left out. */
export function maskOptions(schema: Field, options: unknown): unknown {
  if ('writeOnly' in schema && schema.writeOnly) return MASK;
  if (Array.isArray(options))
    return schema.type === 'array' ? options.map((item) => maskOptions(schema.items, item)) : options;
  if (typeof options !== 'object' || options === null || schema.type !== 'object') return options;
  const masked = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of Object.entries(options)) {
    if (!('properties' in schema)) masked[key] = maskOptions(schema.additionalProperties, value);
    else if (Object.hasOwn(schema.properties, key))
      masked[key] = key === 'headers' ? maskHeaders(value) : maskOptions(schema.properties[key]!, value);
  }
  return masked;
}

function maskHeaders(headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null) return headers;
  const masked = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(headers)) masked[name] = isSecretHeader(name) ? MASK : value;
  return masked;
}
