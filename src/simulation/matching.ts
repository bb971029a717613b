/**
 * Whether something is as a test wants it. A text may be `contains: …`, a `/pattern/`, or `*` for
 * anything; every other value must be equal. Of an event only the fields that are written matter,
 * of a request every one.
 */
import { isDeepStrictEqual } from 'node:util';
import { compileTest } from '../expression/regex.ts';
import type { WireEvent } from '../lib/event-json.ts';

const CONTAINS = 'contains: ';

/** The first field that is not as wanted; undefined if all are. */
export function mismatch(wanted: unknown, event: WireEvent): string | undefined {
  if (typeof wanted !== 'object' || wanted === null) return 'event';
  return Object.entries(wanted).find(([path, value]) => !matches(value, fieldOf(event, path), false))?.[0];
}

/** Exactly this request: its text, or, where a map or list is wanted, the JSON that it is. */
export function matchesRequest(wanted: unknown, body: string): boolean {
  if (typeof wanted === 'string') return matches(wanted, body, true) || matches(wanted.trimEnd(), body.trimEnd(), true);
  try {
    return matches(wanted, JSON.parse(body), true);
  } catch {
    return false;
  }
}

/** `metadata.site`, or a field. */
export function fieldOf(event: WireEvent, path: string): unknown {
  if (!path.startsWith('metadata.')) return event[path as keyof WireEvent];
  let value: unknown = event.metadata;
  for (const step of path.split('.').slice(1)) value = (value as Record<string, unknown> | null | undefined)?.[step];
  return value;
}

function matches(wanted: unknown, got: unknown, whole: boolean): boolean {
  if (typeof wanted === 'string') return matchesText(wanted, got);
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(got) &&
      got.length === wanted.length &&
      wanted.every((item, index) => matches(item, got[index], whole))
    );
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof got !== 'object' || got === null || Array.isArray(got)) return false;
    const fields = got as Record<string, unknown>;
    const keys = Object.keys(wanted);
    if (whole && Object.keys(fields).some((key) => !keys.includes(key))) return false;
    return keys.every((key) => matches((wanted as Record<string, unknown>)[key], fields[key], whole));
  }
  return wanted === null ? got === null || got === undefined : isDeepStrictEqual(wanted, got);
}

function matchesText(wanted: string, got: unknown): boolean {
  if (wanted === '*') return got !== undefined;
  if (typeof got !== 'string') return false;
  if (wanted.startsWith(CONTAINS)) return got.includes(wanted.slice(CONTAINS.length));
  const pattern = /^\/(.+)\/(i?)$/s.exec(wanted);
  if (pattern) return compileTest(pattern[2] === 'i' ? `(?i)${pattern[1]}` : pattern[1]!).inText(got);
  return wanted === got;
}
