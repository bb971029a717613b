/** The plain text body. Lines of one event: what, where and when, the message, the details. */
import type { Facts } from './facts.ts';

const RULE = '-'.repeat(60);

export function textOfOne(facts: Facts): string {
  return `${section(facts)}\n\n${RULE}\n${footer(facts)}\n`;
}

export function textOfMany(heading: string, all: readonly Facts[], hidden: number): string {
  const parts = [heading, ...all.map((facts) => `${RULE}\n${section(facts)}\n\n${footer(facts)}`)];
  if (hidden > 0) parts.push(`${RULE}\n${hidden} more events are not shown.`);
  return `${parts.join('\n\n')}\n`;
}

function section({ level, title, origin, eventType, body, details, tags }: Facts): string {
  const lines = [`[${level.toUpperCase()}] ${title}`, eventType === 'custom' ? origin : `${origin} (${eventType})`];
  if (body !== '') lines.push('', body);
  if (details.length > 0) lines.push('', ...rows(details));
  if (tags.length > 0) lines.push('', tags.map((tag) => `#${tag}`).join(' '));
  return lines.join('\n');
}

/** Names padded to one width, further lines of a value under its first. */
function rows(details: Facts['details']): string[] {
  const width = Math.min(24, Math.max(...details.map(([name]) => name.length)));
  return details.map(
    ([name, value]) => `  ${`${name}:`.padEnd(width + 1)} ${value.replaceAll('\n', `\n${' '.repeat(width + 4)}`)}`,
  );
}

function footer({ local, utc, eventId }: Facts): string {
  return `${local === utc ? utc : `${local} (${utc})`}\nEvent ${eventId}`;
}
