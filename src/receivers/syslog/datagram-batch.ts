/**
 * Datagrams become events, and those that were waiting together one batch. A batch costs the
 * pipeline and the exporters more than an event does: at 100,000 a second these are a tenth of what
 * batches of one turn of the event loop (32) would be.
 */
import type { Event } from '../../component/event.ts';
import { type Arrival, SyslogEvent } from '../../lib/syslog/event.ts';
import { wholeCharacters } from '../../lib/syslog/framing.ts';
import type { Intake } from './intake.ts';

const MAX_BATCH = 512;

/** What libuv reads from a socket in one turn of the event loop. If it was so much, more is waiting. */
const FULL_TURN = 32;

export class DatagramBatch {
  #intake: Intake;
  #events: Event[] = [];
  #arrival: Arrival | undefined;
  #flushing = false;
  /** Whose messages are not counted yet. */
  #sender: string | undefined;
  #fromSender = 0;
  /** Events that were there when the last turn ended. */
  #counted = 0;
  readonly #endTurn = (): void => {
    const { length } = this.#events;
    if (length - this.#counted >= FULL_TURN) {
      this.#counted = length;
      setImmediate(this.#endTurn);
      return;
    }
    this.#flushing = false;
    this.flush();
  };

  constructor(intake: Intake) {
    this.#intake = intake;
  }

  attach(intake: Intake): void {
    this.#countSender(undefined);
    this.#intake = intake;
    this.#arrival = undefined;
  }

  /** One message; `remote` is its sender's address. */
  add(bytes: Buffer, remote: string | undefined): void {
    const intake = this.#intake;
    let arrival = this.#arrival;
    if (!arrival || arrival.remote !== remote) {
      const receivedAt = this.#events.length > 0 && arrival ? arrival.receivedAt : intake.clock.now();
      arrival = this.#arrival = { receivedAt, remote, settings: intake.settings };
    }
    const max = intake.options.max_message_size;
    const { length } = bytes;
    const event = new SyslogEvent(bytes, 0, length > max ? wholeCharacters(bytes, 0, max) : length, arrival);
    if (length > max) {
      event.markTruncated();
      intake.truncated.add(1);
    }
    this.#events.push(event);
    if (remote !== this.#sender) this.#countSender(remote);
    this.#fromSender += 1;
    if (this.#events.length >= MAX_BATCH) this.flush();
    else if (!this.#flushing) {
      this.#flushing = true;
      setImmediate(this.#endTurn);
    }
  }

  #countSender(next: string | undefined): void {
    if (this.#fromSender > 0) this.#intake.senders.count(this.#sender, this.#fromSender);
    this.#sender = next;
    this.#fromSender = 0;
  }

  /** Hands on what was read. */
  flush(): void {
    this.#arrival = undefined;
    this.#countSender(this.#sender);
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    this.#counted = 0;
    this.#intake.flow.deliverNow(events);
  }
}
