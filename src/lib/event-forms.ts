/** The forms in which events are kept as the bytes they were received as, and who makes them again. */
import type { Edits, Event } from '../component/event.ts';
import type { EventId } from './event-id.ts';
import { LINE_FORM, LineEvent, readOrigin, type Decoder } from './lines/line-event.ts';
import { JSON_LINE_FORM, JSON_LINES, SYSLOG_LINE_FORM, SyslogLine } from './lines/line-format.ts';
import { readArrival } from './syslog/arrival.ts';
import { SYSLOG_FORM, SyslogEvent } from './syslog/event.ts';

/** Makes the event of some bytes again, which it keeps until it is detached. */
export type Restore = (bytes: Buffer, start: number, end: number, id: EventId, edits: Edits | undefined) => Event;

/** Who makes events of a form with a context, as it was described; undefined for a form that no version so far has. */
export function restorer(form: number, described: unknown): Restore | undefined {
  switch (form) {
    case SYSLOG_FORM: {
      const arrival = readArrival(described);
      return (bytes, start, end, id, edits) => new SyslogEvent(bytes, start, end, arrival).restore(id, edits);
    }
    case SYSLOG_LINE_FORM: {
      const [first, second] = described as [unknown, unknown];
      const arrival = readArrival(first);
      const origin = readOrigin(second);
      return (bytes, start, end, id, edits) => new SyslogLine(bytes, start, end, arrival, origin).restore(id, edits);
    }
    case LINE_FORM:
      return lines(described, undefined);
    case JSON_LINE_FORM:
      return lines(described, JSON_LINES);
    default:
      return undefined;
  }
}

function lines(described: unknown, decoder: Decoder | undefined): Restore {
  const origin = readOrigin(described);
  return (bytes, start, end, id, edits) =>
    new LineEvent(bytes, start, end, origin, decoder, edits?.truncated ?? false).restore(id, edits);
}
