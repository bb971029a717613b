/**
 * How a log line looks: for people on a terminal, as JSON elsewhere. Text from outside can neither
 * start a line of its own in JSON nor send a terminal escape in either.
 */
import { inspect } from 'node:util';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Line {
  /** Unix milliseconds. */
  readonly time: number;
  readonly level: LogLevel;
  readonly logger: string;
  readonly message: string;
  readonly fields?: object | undefined;
}

const STYLES: Readonly<Record<LogLevel, string>> = { debug: 'gray', info: 'cyan', warn: 'yellow', error: 'red' };

/** Escapes, other control characters, and what turns the direction of text round. The line feed is not among them. */
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** `12:04:05.123 WARN  logger  message  name=value`. A message of several lines (a code frame) stays as it is, indented. */
export function prettyLine(line: Line, coloured: boolean): string {
  const paint = coloured ? painted : (_style: string, text: string) => text;
  const fields = Object.entries(line.fields ?? {}).map(([name, value]) => `${name}=${shown(value)}`);
  const [first = '', ...rest] = quoteControls(line.message.trimEnd()).split('\n');
  const head = [
    paint('gray', timeOfDay(line.time)),
    paint(STYLES[line.level], line.level.toUpperCase().padEnd(5)),
    paint('gray', quoteControls(line.logger)),
    line.level === 'error' ? paint('bold', first) : first,
  ];
  if (fields.length > 0) head.push(paint('gray', fields.join(' ')));
  return [head.join(' '), ...rest.map((text) => `  ${text}`)].join('\n');
}

const FIXED = new Set(['time', 'level', 'logger', 'message']);

/** One JSON object: time, level, logger, message, then the fields. */
export function jsonLine({ time, level, logger, message, fields }: Line): string {
  const record: Record<string, unknown> = { time: new Date(time).toISOString(), level, logger, message };
  for (const [name, value] of Object.entries(fields ?? {})) record[FIXED.has(name) ? `${name}_` : name] = plain(value);
  return quoteControls(toJson(record));
}

/** A field's value on one line: bare where that is clear, else as JSON. */
function shown(value: unknown): string {
  const text = plain(value);
  if (typeof text === 'string' && /^[\w./:@+-]+$/.test(text)) return text;
  return quoteControls(toJson(text));
}

/** An error has no fields that JSON would show. */
function plain(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return 'code' in value && typeof value.code === 'string'
    ? `${value.code}: ${value.message}`
    : `${value.name}: ${value.message}`;
}

function toJson(value: unknown): string {
  try {
    return (
      JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) ??
      'undefined'
    );
  } catch {
    return '"(not JSON)"';
  }
}

function quoteControls(text: string): string {
  return text.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Not `styleText`, which looks at standard output to decide whether there are colours. */
function painted(style: string, text: string): string {
  const [on, off] = inspect.colors[style] ?? [0, 0];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

function timeOfDay(time: number): string {
  const date = new Date(time);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}
