/** Checked option values back as a person would write them in the YAML: durations as 30s, sizes as 64KiB, secrets as ***. */
import type { Field } from '../component/schema.ts';
import { formatDuration } from './duration.ts';
import { formatSize } from './size.ts';

/** The value of a field on one line, as YAML. */
export function valueText(field: Field, value: unknown): string {
  if ('writeOnly' in field && field.writeOnly) return '***';
  if (Array.isArray(value)) {
    const items = 'items' in field ? value.map((item) => valueText(field.items, item)) : value.map(scalarText);
    return `[${items.join(', ')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => `${key}: ${valueText(fieldOf(field, key), item)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  if (typeof value === 'number' && 'format' in field) {
    if (field.format === 'duration') return formatDuration(value);
    if (field.format === 'size') return formatSize(value);
  }
  return scalarText(value);
}

const ANY: Field = { type: ['string', 'number', 'boolean', 'null', 'array', 'object'] };

function fieldOf(field: Field, key: string): Field {
  if ('properties' in field) return field.properties[key] ?? ANY;
  return 'additionalProperties' in field ? field.additionalProperties : ANY;
}

function scalarText(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? '';
  const plain = /^[\w./+%@-][\w ./:+%@-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off|[\d.+-]+)$/i.test(value);
  return plain && !/: |:$| $/.test(value) ? value : JSON.stringify(value);
}
