/**
 * How many connections the receivers of this process may hold in all. Each takes a descriptor, and so do the
 * files of the queues and the connections to destinations: some are kept free for those, however many senders
 * come. "Why was a sender refused?": raise `LimitNOFILE` of the unit, or `ulimit -n`.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** Of all descriptors; and at least so many of few. */
const KEPT_SHARE = 1 / 4;
const KEPT_AT_LEAST = 48;

let open = 0;
let room: number | undefined;

/** Whether the process has room for this connection; if so, it has its place until it is closed. */
export function takesConnection(socket: Socket): boolean {
  room ??= roomOf(descriptorLimit());
  if (open >= room) return false;
  open += 1;
  socket.once('close', () => (open -= 1));
  return true;
}

/** Connections that so many descriptors allow; one at least. */
export function roomOf(descriptors: number): number {
  return Math.max(1, Math.floor(Math.min(descriptors - KEPT_AT_LEAST, descriptors * (1 - KEPT_SHARE))));
}

/** Infinite where the system does not say. Asked once, before there are too many to ask. */
function descriptorLimit(): number {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}
