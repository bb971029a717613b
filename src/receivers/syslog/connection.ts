/** One sender's stream: frames become events, and each chunk one batch. */
import type { Socket } from 'node:net';
import type { Event } from '../../component/event.ts';
import { type Arrival, SyslogEvent } from '../../lib/syslog/event.ts';
import { Framer, type FrameSink } from '../../lib/syslog/framing.ts';
import { plainAddress } from './address.ts';
import type { Intake } from './intake.ts';

/** Its framing and size limit are those it began with; everything else is its owner's present intake's. */
export class Connection implements FrameSink {
  /** Empty for a Unix socket. */
  readonly remote: string;
  private readonly socket: Socket;
  private readonly framer: Framer;
  private readonly owner: { readonly intake: Intake };
  private arrival: Arrival;
  private batch: Event[] = [];
  private lastRead: number;
  /** When the message began that is not finished. */
  private begun: number | undefined;
  private finished = false;
  /** Not to be read until `resume`. */
  private held = false;
  /** Bytes since others had their turn. */
  private readInTurn = 0;

  constructor(socket: Socket, owner: { readonly intake: Intake }) {
    const { intake } = owner;
    this.socket = socket;
    this.owner = owner;
    this.remote = plainAddress(socket.remoteAddress ?? '');
    this.framer = new Framer(intake.options.framing, intake.options.max_message_size);
    this.arrival = this.arrivalAt(0);
    this.lastRead = intake.clock.monotonic();
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('end', () => this.finish());
    // A reset is the sender's way to leave: what was read before it is delivered at `close`.
    socket.on('error', () => {});
    socket.on('close', () => {
      // By then it tells no listener of `data` any more.
      for (let chunk; (chunk = socket.read() as Buffer | null) !== null;) this.read(chunk);
      this.finish();
    });
  }

  frame(bytes: Buffer, start: number, end: number, truncated: boolean): void {
    const event = new SyslogEvent(bytes, start, end, this.arrival);
    this.begun = undefined;
    if (truncated) {
      event.markTruncated();
      this.owner.intake.truncated.add(1);
    }
    this.batch.push(event);
  }

  pause(): void {
    this.held = true;
    this.socket.pause();
  }

  resume(): void {
    // The time that it was not let speak is not its silence.
    this.lastRead = this.owner.intake.clock.monotonic();
    if (this.begun !== undefined) this.begun = this.lastRead;
    this.held = false;
    this.readOn();
  }

  /** Closes the connection if nothing came for too long, or a message takes too long. */
  closeOverdue(now: number): void {
    const { options, unfinishedMessages } = this.owner.intake;
    if (this.held) return;
    if (isOver(options.message_timeout, this.begun ?? now, now)) {
      unfinishedMessages.add(1);
      this.close();
    } else if (isOver(options.idle_timeout, this.lastRead, now)) this.close();
  }

  /** Delivers what was read, an unfinished line included, and hangs up. */
  close(): void {
    this.socket.pause();
    // What a paused socket still holds: `read` hands it to the listener of `data`.
    while (this.socket.read() !== null);
    this.finish();
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    if (this.finished) return;
    const { intake } = this.owner;
    const { clock } = intake;
    this.lastRead = clock.monotonic();
    this.arrival = this.arrivalAt(clock.now());
    const intact = this.framer.feed(chunk, this);
    if (this.framer.unfinished) this.begun ??= this.lastRead;
    else this.begun = undefined;
    this.deliver();
    if (intact && intake.sink.crowded?.()) this.shareTurn(chunk.length);
    if (intact) return;
    this.finished = true;
    intake.framingErrors.add(1);
    this.socket.destroy();
  }

  /** Reads on in the next turn of the event loop, once it has read its share of this one: it could be 2 MB of it, else. */
  private shareTurn(bytes: number): void {
    this.readInTurn += bytes;
    if (this.readInTurn < BYTES_A_TURN) return;
    this.readInTurn = 0;
    this.socket.pause();
    setImmediate(() => this.readOn());
  }

  private readOn(): void {
    // Once it is destroyed, what it still holds would be read past everybody: `close` sees to that.
    if (!this.held && !this.finished && !this.socket.destroyed) this.socket.resume();
  }

  private finish(): void {
    if (this.finished) return;
    this.finished = true;
    const { intake } = this.owner;
    this.arrival = this.arrivalAt(intake.clock.now());
    if (!this.framer.end(this)) intake.framingErrors.add(1);
    this.deliver();
  }

  private arrivalAt(receivedAt: number): Arrival {
    return { receivedAt, remote: this.remote || undefined, settings: this.owner.intake.settings };
  }

  private deliver(): void {
    if (this.batch.length === 0) return;
    const { batch } = this;
    this.batch = [];
    this.owner.intake.senders.count(this.remote || undefined, batch.length);
    this.owner.intake.flow.deliver(batch);
  }
}

/** One full chunk of a TCP connection; of TLS, whose chunks are single records, as much. */
const BYTES_A_TURN = 65_536;

/** 0 milliseconds are no limit. */
function isOver(limitMs: number, since: number, now: number): boolean {
  return limitMs > 0 && now - since >= limitMs;
}
