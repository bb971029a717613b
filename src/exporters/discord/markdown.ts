/** Text from events in Discord's Markdown: escaped, without mentions, within Discord's sizes. */

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
/** What begins emphasis, code, a link, a mention, a spoiler, strike-through; a heading, quote or list at the start of a line. */
const MARKUP = /[\\*`[<]|~(?=~)|\|(?=\|)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=^[^\S\n]*)[-+>#]/gm;
/** A word joiner behind the @: it looks the same and calls nobody. */
const MENTION = /@(?=everyone\b|here\b)/g;

/** Underscores inside a word stay as they are: they mean nothing there, and a backslash would break an address. */
export function escapeMarkdown(text: string): string {
  return plain(text)
    .replace(MARKUP, String.raw`\$&`)
    .replace(MENTION, '@\u2060');
}

/** Without control characters, which Discord counts and does not show. */
export function plain(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(CONTROL, '');
}

/** Cuts escaped text at `max` without halving an escape or a surrogate pair, and says so. */
export function cutMarkdown(escaped: string, max: number): string {
  if (escaped.length <= max) return escaped;
  const kept = escaped.slice(0, max - 2).replace(/[\uD800-\uDBFF]$/, '');
  const [backslashes = ''] = /\\*$/.exec(kept) ?? [];
  return `${backslashes.length % 2 === 1 ? kept.slice(0, -1) : kept} …`;
}

/** Text of several lines as a code block, which keeps indents; of one line escaped. `max` counts the block's marks. */
export function paragraph(text: string, max: number): string {
  const trimmed = text.trimEnd();
  if (!trimmed.includes('\n')) return cutMarkdown(escapeMarkdown(trimmed), max);
  const block = plain(trimmed).replaceAll('```', "'''");
  const kept = block.length <= max - 8 ? block : `${block.slice(0, max - 10).replace(/[\uD800-\uDBFF]$/, '')} …`;
  return `\`\`\`\n${kept}\n\`\`\``;
}
