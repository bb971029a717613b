/** Events as a mail: its subject, its two bodies, its id. Pure; date and addresses are added when it is sent. */
import { createHash } from 'node:crypto';
import { rankOf, type Event, type Level } from '../../component/event.ts';
import type { Template } from '../../lib/template.ts';
import { cut, visible } from '../../lib/visible.ts';
import { countsOf, factsOf } from './facts.ts';
import { escapeHtml, htmlOfMany, htmlOfOne } from './html.ts';
import { textOfMany, textOfOne } from './text.ts';

export interface Mail {
  /** Same events, same id: a mail that comes twice can be told. */
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The gravest of its events. */
  readonly level: Level;
}

export interface MailLayout {
  readonly subject: Template;
  /** In place of the usual body. */
  readonly body: Template | undefined;
  /** What the id ends in: the sender's domain. */
  readonly domain: string;
  /** The exporter, so that another one's mail about the same event has another id. */
  readonly id: string;
  /** IANA name of the zone times are told in, beside UTC. */
  readonly zone: string;
}

/** Events of a digest that are shown; further ones are counted. */
const MAX_SHOWN = 30;
const MAX_SUBJECT = 200;

export function mailOf(events: readonly Event[], layout: MailLayout): Mail {
  const gravest = events.reduce((worst, event) => (rankOf(event.level) > rankOf(worst.level) ? event : worst));
  const subject = headerLine(layout.subject(gravest));
  const more = events.length > 1 ? ` (and ${events.length - 1} more)` : '';
  return {
    messageId: messageIdOf(events, layout),
    subject: cut(subject, MAX_SUBJECT - more.length) + more,
    ...bodiesOf(events, layout),
    level: gravest.level,
  };
}

function bodiesOf(events: readonly Event[], { body, zone }: MailLayout): { text: string; html: string } {
  if (body) {
    const text = visible(events.map((event) => body(event).trimEnd()).join('\n\n'));
    return {
      text: `${text}\n`,
      html: `<div style="white-space:pre-wrap;font-family:sans-serif">${escapeHtml(text)}</div>\n`,
    };
  }
  if (events.length === 1) {
    const facts = factsOf(events[0]!, zone, 'alone');
    return { text: textOfOne(facts), html: htmlOfOne(facts) };
  }
  const heading = `${events.length} events: ${countsOf(events)}`;
  const shown = events.slice(0, MAX_SHOWN).map((event) => factsOf(event, zone, 'among'));
  const hidden = events.length - shown.length;
  return { text: textOfMany(heading, shown, hidden), html: htmlOfMany(heading, shown, hidden) };
}

/** One line without control characters, overrides or anything a header could be broken with. */
export function headerLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line === '' ? 'Event' : line;
}

function messageIdOf(events: readonly Event[], { id, domain }: MailLayout): string {
  const hash = createHash('sha256').update(id);
  for (const event of events) hash.update('\0').update(event.eventId);
  return `<${hash.digest('hex').slice(0, 40)}@${domain}>`;
}
