/** Checked option values back as a person would write them in the YAML: durations as 30s, sizes as 64KiB, secrets as ***. */
import type { Field } from '../component/schema.ts';

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
    if (field.format === 'duration') return durationText(value);
    if (field.format === 'size') return sizeText(value);
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

const DURATIONS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** `90s`, `1h`, `250ms`: the largest unit that needs no fraction. */
export function durationText(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  const [unit, size] = DURATIONS.find(([, each]) => milliseconds % each === 0) ?? ['ms', 1];
  return `${milliseconds / size}${unit}`;
}

const SIZES = [
  ['GiB', 1_073_741_824],
  ['MiB', 1_048_576],
  ['KiB', 1_024],
  ['GB', 1_000_000_000],
  ['MB', 1_000_000],
  ['kB', 1_000],
] as const;

/** `64KiB`, `10MB`, `480`: the largest unit that needs no fraction. */
export function sizeText(bytes: number): string {
  if (bytes === 0) return '0';
  const [unit, size] = SIZES.find(([, each]) => bytes % each === 0) ?? ['', 1];
  return `${bytes / size}${unit}`;
}
