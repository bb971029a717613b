/** The events of the lines of one chunk, with what its path and its runtime say of them. */
import { basename } from 'node:path';
import { newMetadata, type Event } from '../../component/event.ts';
import type { Origin } from '../../lib/lines/line-event.ts';
import { makerOf, type Format } from '../../lib/lines/line-format.ts';
import type { ContainerLines, LineOrigin } from './container-lines.ts';
import { containerOf, type Container } from './container-path.ts';

/** `readAt` in Unix milliseconds: the time of lines that say none. */
export function eventsOfLines(lines: ContainerLines, path: string, format: Format, readAt: number): Event[] {
  const { bytes, spans, truncated, origins } = lines;
  const container = containerOf(path);
  const origin: Origin = { path, source: container?.name ?? basename(path), readAt, ...about(container) };
  let make = makerOf(format, origin);
  const events: Event[] = [];
  for (let at = 0; at < spans.length; at += 2) {
    const start = spans[at]!;
    if (origins) make = makerOf(format, { ...origin, ...ofLine(origins[at >> 1]!, container, readAt) });
    events.push(make(bytes, start, spans[at + 1]!, truncated?.has(start) ?? false));
  }
  return events;
}

function about(container: Container | undefined, stream = ''): Pick<Origin, 'metadata'> {
  if (!container && stream === '') return {};
  const metadata = newMetadata();
  if (stream !== '') metadata['stream'] = stream;
  if (container) metadata[container.key] = container.details;
  return { metadata };
}

function ofLine({ time, stream }: LineOrigin, container: Container | undefined, readAt: number): Partial<Origin> {
  return { readAt: time ?? readAt, ...about(container, stream) };
}
