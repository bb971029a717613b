/** What a piece of a file becomes, for `explain`, `check` and `replay`. */
import type { Decoded } from '../../component/component.ts';
import type { Event } from '../../component/event.ts';
import type { Format } from '../../lib/lines/line-format.ts';
import { SyslogEvent } from '../../lib/syslog/event.ts';
import { containerLinesOf } from './container-lines.ts';
import { eventsOfLines } from './line-events.ts';
import type { LineOptions } from './lines.ts';

/** All lines, or records of several lines, in `bytes`; `file` is the path they were read from. */
export function decodeLines(bytes: Buffer, file: string, format: Format, options: LineOptions, now: number): Decoded {
  const lines = containerLinesOf(bytes, 0, bytes.length, false, true, options);
  const events = eventsOfLines(lines, file, format, now);
  const formats = new Set<string>();
  if (lines.origins) formats.add('lines of a container');
  events.forEach((event, index) => formats.add(nameOf(event, lines.bytes[lines.spans[2 * index]!]!, format)));
  return { format: [...formats].join(' and ') || 'no line', events };
}

function nameOf(event: Event, first: number, format: Format): string {
  if (event instanceof SyslogEvent) return 'a syslog line';
  return format === 'json' || (format === 'auto' && first === 0x7b) ? 'a JSON line' : 'a line of text';
}
