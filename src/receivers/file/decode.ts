/** What a piece of a file becomes, for `explain`, `check` and `replay`. */
import path from 'node:path';
import type { Decoded } from '../../component/component.ts';
import type { Event } from '../../component/event.ts';
import { makerOf, type Format } from '../../lib/lines/line-format.ts';
import { SyslogEvent } from '../../lib/syslog/event.ts';
import { linesOf, type LineOptions } from './lines.ts';

/** All lines, or records of several lines, in `bytes`; `file` is the path they were read from. */
export function decodeLines(bytes: Buffer, file: string, format: Format, options: LineOptions, now: number): Decoded {
  const { bytes: text, spans, truncated } = linesOf(bytes, 0, bytes.length, false, true, options);
  const make = makerOf(format, { path: file, source: path.basename(file), readAt: now });
  const events: Event[] = [];
  const formats = new Set<string>();
  for (let at = 0; at < spans.length; at += 2) {
    const start = spans[at]!;
    const event = make(text, start, spans[at + 1]!, truncated?.has(start) ?? false);
    formats.add(nameOf(event, text[start]!, format));
    events.push(event);
  }
  return { format: [...formats].join(' and ') || 'no line', events };
}

function nameOf(event: Event, first: number, format: Format): string {
  if (event instanceof SyslogEvent) return 'a syslog line';
  return format === 'json' || (format === 'auto' && first === 0x7b) ? 'a JSON line' : 'a line of text';
}
