/**
 * Receives syslog over UDP (RFC 5426) many datagrams a system call, by the addon of udp-addon.ts. What
 * is read together is one batch, and lies side by side in one chunk.
 *
 * An operator asks: are datagrams lost? Those that the kernel dropped while the collector was busy
 * are counted as `kernel_dropped_messages`; a larger `receive_buffer` rides out longer stalls.
 */
import { lookup } from 'node:dns/promises';
import type { Event } from '../../component/event.ts';
import { SyslogEvent } from '../../lib/syslog/event.ts';
import { wholeCharacters } from '../../lib/syslog/framing.ts';
import { formatAddress, type NetworkAddress } from './address.ts';
import { GATHER_MS, Gathering } from './gathering.ts';
import type { Intake } from './intake.ts';
import type { Listener } from './listener.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { type Sender, SenderCache } from './sender-cache.ts';
import type { BatchSocket, UdpAddon } from './udp-addon.ts';

/** Room for the largest datagram; small ones of many reads share it. */
const CHUNK_BYTES = 65_536;

const MAX_BATCH = 512;

/** Of the table that a read fills: see native/udp-batch.c. */
const HEAD = 1;
const ROW = 6;

/** What a receive buffer of 4 MiB may hold when its socket is closed, and more. */
const LAST_READS = 64;

export class BatchedUdpListener implements Listener {
  readonly #addon: UdpAddon;
  readonly #wanted: NetworkAddress;
  readonly #table = new Int32Array(HEAD + MAX_BATCH * ROW);
  readonly #senders: SenderCache;
  readonly #buffer = new ReceiveBuffer();
  readonly #gathering: Gathering;
  #intake: Intake;
  #socket: BatchSocket | undefined;
  #chunk = Buffer.alloc(0);
  /** Where the chunk is free from. */
  #free = 0;
  #drops = 0;

  constructor(addon: UdpAddon, wanted: NetworkAddress, intake: Intake) {
    this.#addon = addon;
    this.#wanted = wanted;
    this.#intake = intake;
    this.#senders = new SenderCache(addon.sender);
    this.#gathering = new Gathering(() => this.#intake.clock);
  }

  async open(): Promise<void> {
    const { host, port, ipv6Only } = this.#wanted;
    const { address } = await lookup(host, { family: host.includes(':') ? 6 : 4 });
    this.#socket = this.#addon.open(address, port, ipv6Only, () => this.#readable());
    this.enforce();
  }

  attach(intake: Intake): void {
    this.#intake = intake;
    this.#senders.clear();
  }

  enforce(): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#buffer.ask(this.#intake, this.address()!, (bytes) => this.#addon.receiveBuffer(socket, bytes));
  }

  tick(): void {
    if (!this.#socket) return;
    const drops = this.#addon.drops(this.#socket);
    // The kernel's count has 32 bits.
    const more = (drops - this.#drops) >>> 0;
    this.#drops = drops;
    if (more > 0) this.#intake.kernelDropped.add(more);
  }

  pause(): void {}

  resume(): void {}

  /** What has gathered is delivered, too. */
  async close(): Promise<void> {
    const socket = this.#socket;
    if (!socket) return;
    for (let reads = 0; reads < LAST_READS && this.#read(socket) > 0; reads += 1);
    this.tick();
    this.#socket = undefined;
    this.#addon.close(socket);
  }

  address(): string | undefined {
    return this.#socket && formatAddress('udp', ...this.#addon.address(this.#socket));
  }

  #readable(): void {
    const socket = this.#socket;
    if (!socket) return;
    const datagrams = this.#read(socket);
    // A full batch: more is waiting already.
    if (this.#gathering.read(datagrams)) this.#addon.gather(socket, datagrams >= MAX_BATCH ? 0 : GATHER_MS);
  }

  /** Delivers what the socket has, up to a batch; gives the number of datagrams. */
  #read(socket: BatchSocket): number {
    const events: Event[] = [];
    const receivedAt = this.#intake.clock.now();
    const table = this.#table;
    let datagrams = 0;
    for (;;) {
      const rows = this.#addon.read(socket, this.#chunk, this.#free, table);
      this.#take(rows, receivedAt, events);
      datagrams += rows;
      if (table[0] === 0) break;
      this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      this.#free = 0;
    }
    if (events.length > 0) this.#intake.flow.deliverNow(events);
    return datagrams;
  }

  #take(rows: number, receivedAt: number, events: Event[]): void {
    const table = this.#table;
    const chunk = this.#chunk;
    const max = this.#intake.options.max_message_size;
    let run: Sender | undefined;
    let from = 0;
    let start = this.#free;
    for (let row = 0; row < rows; row += 1) {
      const index = HEAD + row * ROW;
      const end = table[index]!;
      const sender = this.#senders.of(table, index, this.#intake);
      if (sender !== run) {
        this.#count(run, row - from);
        run = sender;
        from = row;
      }
      if (sender.allowed) events.push(this.#event(chunk, start, end, sender, receivedAt, max));
      start = end;
    }
    this.#count(run, rows - from);
    this.#free = start;
  }

  #event(chunk: Buffer, start: number, end: number, sender: Sender, receivedAt: number, max: number): Event {
    const arrival = sender.arrival(receivedAt, this.#intake);
    if (end - start <= max) return new SyslogEvent(chunk, start, end, arrival);
    const event = new SyslogEvent(chunk, start, wholeCharacters(chunk, start, start + max), arrival);
    event.markTruncated();
    this.#intake.truncated.add(1);
    return event;
  }

  #count(sender: Sender | undefined, messages: number): void {
    if (!sender) return;
    if (sender.allowed) this.#intake.senders.count(sender.remote, messages);
    else this.#intake.sink.refused('not_allowed', messages);
  }
}
