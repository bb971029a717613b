/** One message, for `explain`, `check` and `replay`. */
import type { Decoded } from '../../component/component.ts';
import { SyslogEvent, type Arrival } from './event.ts';
import { parseHeader } from './parse.ts';

/** `maxBytes`: a longer message is cut there, as the receivers do. */
export function decodeMessage(bytes: Buffer, arrival: Arrival, maxBytes: number): Decoded {
  const end = Math.min(bytes.length, maxBytes);
  const event = new SyslogEvent(bytes, 0, end, arrival);
  if (end < bytes.length) event.markTruncated();
  const { version, error } = parseHeader(bytes, 0, event.end, arrival.settings.format);
  const format = version > 0 ? 'RFC 5424' : 'RFC 3164';
  return { format: error === undefined ? format : `${format} with a fault (${error})`, events: [event] };
}
