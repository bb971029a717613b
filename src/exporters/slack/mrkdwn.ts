/** Text from events in Slack's markup: escaped, without mentions, within Slack's sizes. */

/** A word joiner behind the @: it looks the same and calls nobody. */
const MENTION = /@(?=channel\b|here\b|everyone\b)/gi;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
export function escapeMrkdwn(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(CONTROL, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(MENTION, '@\u2060');
}

/** Cuts escaped text at `max` without halving an escape or a surrogate pair, and says so. */
export function cutMrkdwn(escaped: string, max: number): string {
  return escaped.length <= max ? escaped : `${escaped.slice(0, max - 2).replace(/(&\w{0,3}|[\uD800-\uDBFF])$/, '')} …`;
}

/** Text of several lines as a code block, which keeps indents; of one line as it is. `max` counts the block's marks. */
export function paragraph(text: string, max: number): string {
  const escaped = escapeMrkdwn(text.trimEnd());
  if (!escaped.includes('\n')) return cutMrkdwn(escaped, max);
  return `\`\`\`\n${cutMrkdwn(escaped.replaceAll('```', "'''"), max - 8)}\n\`\`\``;
}

/** A time that Slack shows in its reader's own zone. */
export function dateToken(timestamp: number): string {
  const date = new Date(timestamp);
  if (Number.isNaN(date.getTime())) return 'time unknown';
  const fallback = `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return `<!date^${Math.floor(timestamp / 1_000)}^{date_short_pretty} {time_secs}|${fallback}>`;
}
