/** Knows the senders of datagrams by the bytes of their addresses, so that each one's name is made once. */
import type { Arrival } from '../../lib/syslog/event.ts';
import type { Intake } from './intake.ts';

/** Where the fields of a row are: see native/udp-batch.c. */
const SCOPE = 1;
const ADDRESS = 2;
const FIELDS = 5;

/** More senders than these share places, and their names are made again. */
const PLACES = 256;

export class Sender {
  readonly remote: string;
  readonly allowed: boolean;
  #arrival: Arrival | undefined;

  constructor(remote: string, { allow }: Intake) {
    this.remote = remote;
    this.allowed = allow.allows(remote);
  }

  /** One object for all of its messages of one moment. */
  arrival(receivedAt: number, { settings }: Intake): Arrival {
    const last = this.#arrival;
    if (last?.receivedAt === receivedAt) return last;
    return (this.#arrival = { receivedAt, remote: this.remote, settings });
  }
}

export class SenderCache {
  readonly #nameOf: (table: Int32Array, index: number) => string;
  readonly #known = new Int32Array(PLACES * FIELDS);
  readonly #senders: (Sender | undefined)[] = Array.from({ length: PLACES });

  /** `nameOf` makes the name of the sender in the row at `index`. */
  constructor(nameOf: (table: Int32Array, index: number) => string) {
    this.#nameOf = nameOf;
  }

  /** The sender in the row at `index`. */
  of(table: Int32Array, index: number, intake: Intake): Sender {
    let mixed = 0;
    for (let at = index + SCOPE; at < index + SCOPE + FIELDS; at += 1)
      mixed = Math.imul(mixed ^ table[at]!, 0x9e3779b1);
    const place = mixed >>> 24;
    const known = this.#senders[place];
    if (known && this.#isAt(place, table, index)) return known;
    this.#known.set(table.subarray(index + SCOPE, index + SCOPE + FIELDS), place * FIELDS);
    return (this.#senders[place] = new Sender(this.#nameOf(table, index), intake));
  }

  /** Another `allow` decides from now on. */
  clear(): void {
    this.#senders.fill(undefined);
  }

  #isAt(place: number, table: Int32Array, index: number): boolean {
    const known = this.#known;
    const at = place * FIELDS;
    // The last word first: IPv4 addresses differ in no other.
    return (
      known[at + 4] === table[index + ADDRESS + 3] &&
      known[at + 3] === table[index + ADDRESS + 2] &&
      known[at + 2] === table[index + ADDRESS + 1] &&
      known[at + 1] === table[index + ADDRESS] &&
      known[at] === table[index + SCOPE]
    );
  }
}
