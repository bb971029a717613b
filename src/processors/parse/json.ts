/** A JSON object, also after the `@cee:` that syslog senders put in front of one. */
import { isDeepJson } from '../../lib/json-depth.ts';
import type { Parsed, Parser } from './parsed.ts';

const MAX_DEPTH = 32;
const TOO_DEEP = `JSON nested more than ${MAX_DEPTH} levels deep`;
const COOKIE = '@cee:';

export const parseJson: Parser = (text) => {
  const start = text.startsWith(COOKIE) ? COOKIE.length : 0;
  // An exception for each line of plain text would cost more than reading the JSON of all others.
  if (firstOf(text, start) !== '{') return 'no JSON object';
  if (isDeepJson(text, MAX_DEPTH)) return TOO_DEEP;
  let value: unknown;
  try {
    value = JSON.parse(start === 0 ? text : text.slice(start));
  } catch {
    return 'no valid JSON';
  }
  const fields = value as Parsed['fields'];
  return isFlat(text) || !isDeeper(fields, MAX_DEPTH) ? { fields } : TOO_DEEP;
};

function firstOf(text: string, start: number): string | undefined {
  let at = start;
  while (text.charCodeAt(at) <= 32) at += 1;
  return text[at];
}

/** What most loggers write: nothing in it needs to be looked into. */
function isFlat(text: string): boolean {
  return text.indexOf('{', text.indexOf('{') + 1) < 0 && !text.includes('[');
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const key in value) if (isDeeper((value as Record<string, unknown>)[key], levels - 1)) return true;
  return false;
}
