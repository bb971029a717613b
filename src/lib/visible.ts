/**
 * Text from outside, made harmless for terminals and line-based files: what could move the cursor,
 * change colours, reorder text or start a line is shown as an escape.
 */
// Controls but for tab and newline; bidirectional marks and overrides; line and paragraph separators; lone surrogates.
const HARMFUL =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** Tabs and newlines stay. */
export function visible(text: string): string {
  return text.replace(HARMFUL, escaped);
}

/** The same on one line: newlines become `\n`. A carriage return before one goes with it. */
export function visibleLine(text: string): string {
  return visible(text.replaceAll('\r\n', '\n')).replaceAll('\n', '\\n').replaceAll('\t', ' ');
}

/** JSON with the same escaped as JSON does, for terminals: it stays the same JSON. */
export function visibleJson(json: string): string {
  return json.replace(HARMFUL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  if (code === 0x0d) return '\\r';
  if (code === 0x1b) return '\\e';
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Cuts at `max` UTF-16 units, the ellipsis included, never between the halves of a surrogate pair. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = text.charCodeAt(max - 2) >= 0xd800 && text.charCodeAt(max - 2) <= 0xdbff ? max - 2 : max - 1;
  return `${text.slice(0, end).trimEnd()}…`;
}
