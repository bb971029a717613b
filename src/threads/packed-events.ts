/** Events on their way into a thread: one buffer, as a disk queue stores them, each after its length. */
import type { Event } from '../component/event.ts';
import { decodeEvent, encodeEvent } from '../storage/event-codec.ts';

const LENGTH = 4;

/** A buffer that nothing else is in, so that it can be handed over. */
export function packEvents(events: readonly Event[]): Uint8Array<ArrayBuffer> {
  const encoded = events.map((event) => encodeEvent(event, 0));
  let size = 0;
  for (const { length } of encoded) size += LENGTH + length;
  const packed = new Uint8Array(size);
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const bytes of encoded) {
    view.setUint32(at, bytes.length);
    packed.set(bytes, at + LENGTH);
    at += LENGTH + bytes.length;
  }
  return packed;
}

export function unpackEvents(packed: Uint8Array<ArrayBuffer>): Event[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const events: Event[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + LENGTH;
    at = start + bytes.readUInt32BE(at);
    const decoded = decodeEvent(bytes.subarray(start, at));
    if (!decoded) throw new Error('an event that was handed over cannot be read');
    events.push(decoded.event);
  }
  return events;
}
