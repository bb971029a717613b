/** How values are printed in a template. */
import { rfc3339 } from './event-json.ts';

/** RFC 3339, in UTC, with milliseconds. */
export function timeText(timestamp: number): string {
  return rfc3339(timestamp);
}

/** Nothing as an empty text, a list of plain values with commas, an object as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null)) {
    return value.map(textOf).join(', ');
  }
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
}
