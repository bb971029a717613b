/** Numbered messages at a steady rate in every way at once: UDP, TCP, TLS, and HTTP over connections that stay open. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';
import { onTestFinished } from 'vitest';

export const WAYS = ['udp', 'tcp', 'tls', 'http'] as const;
export type Way = (typeof WAYS)[number];

export type Ports = Readonly<Record<Way, number>>;

const TICK_MS = 5;
const HTTP_CONNECTIONS = 4;
/** Parts of ten. */
const SHARES: Readonly<Record<Way, number>> = { udp: 3, tcp: 3, tls: 3, http: 1 };

export class PacedLoad {
  /** Numbers sent so far, from 0. */
  readonly sent: Record<Way, number> = { udp: 0, tcp: 0, tls: 0, http: 0 };
  /** What should not happen: connections that ended, requests without an answer or with another than 202. */
  readonly troubles: string[] = [];
  readonly #perTick: number;
  readonly #ports: Ports;
  readonly #udp = createSocket('udp4');
  readonly #tcp: Socket;
  readonly #tls: Socket;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: HTTP_CONNECTIONS });
  readonly #from = performance.now();
  readonly #requests = new Set<Promise<void>>();
  readonly #httpSockets = new Set<Socket>();
  #tookMs = 0;
  #stopping = false;
  #done: Promise<void> = Promise.resolve();

  private constructor(ports: Ports, perSecond: number, tcp: Socket, tls: Socket) {
    this.#ports = ports;
    this.#perTick = (perSecond * TICK_MS) / 1_000;
    this.#tcp = this.#minded('tcp', tcp);
    this.#tls = this.#minded('tls', tls);
  }

  static async start(ports: Ports, perSecond: number): Promise<PacedLoad> {
    const tcp = connect(ports.tcp, '127.0.0.1');
    const tls = connectTls({ port: ports.tls, host: '127.0.0.1', rejectUnauthorized: false });
    await Promise.all([once(tcp, 'connect'), once(tls, 'secureConnect')]);
    const load = new PacedLoad(ports, perSecond, tcp, tls);
    onTestFinished(() => {
      load.#stopping = true;
      tcp.destroy();
      tls.destroy();
      load.#agent.destroy();
    });
    load.#done = load.#run();
    return load;
  }

  /** Messages a second, of all ways together. */
  get rate(): number {
    const ms = this.#tookMs || performance.now() - this.#from;
    return WAYS.reduce((sum, way) => sum + this.sent[way], 0) / (ms / 1_000);
  }

  /** HTTP connections that were opened. */
  get httpConnections(): number {
    return this.#httpSockets.size;
  }

  /** Resolves once all is with the kernel and every request is answered. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#done;
    this.#tookMs = performance.now() - this.#from;
    await Promise.all(this.#requests);
    await new Promise<void>((resolve) => this.#udp.close(resolve));
    await Promise.all([this.#tcp, this.#tls].map((socket) => new Promise<void>((resolve) => socket.end(resolve))));
    this.#agent.destroy();
  }

  #minded(way: Way, socket: Socket): Socket {
    const ended = (what: string): void => {
      if (!this.#stopping) this.troubles.push(`${way}: ${what}`);
    };
    return socket
      .on('error', ({ message }) => ended(message))
      .on('end', () => ended('ended'))
      .on('close', () => ended('closed'))
      .resume();
  }

  async #run(): Promise<void> {
    const started = performance.now();
    let done = 0;
    while (!this.#stopping) {
      // What a stall of this process held up is made up for slowly: no bursts.
      const due = Math.min((performance.now() - started) / TICK_MS - done, 2);
      if (due >= 1) {
        done += due;
        await this.#send((this.#perTick * due) / 10);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async #send(parts: number): Promise<void> {
    for (let n = this.#due('udp', parts); n > 0; n -= 1)
      this.#udp.send(this.#line('udp'), this.#ports.udp, '127.0.0.1');
    const full = (['tcp', 'tls'] as const).map(async (way) => {
      let text = '';
      for (let n = this.#due(way, parts); n > 0; n -= 1) text += `${this.#line(way)}\n`;
      const socket = way === 'tcp' ? this.#tcp : this.#tls;
      if (text && !socket.write(text) && !socket.destroyed) await once(socket, 'drain');
    });
    const posted = this.#due('http', parts);
    if (posted > 0 && this.#requests.size < 200) this.#post(posted);
    await Promise.all(full);
  }

  #due(way: Way, parts: number): number {
    return Math.round(SHARES[way] * parts);
  }

  #line(way: Way): string {
    return `<14>1 - web-1 app - - - ${way} ${this.sent[way]++}`;
  }

  #post(events: number): void {
    const first = this.sent.http;
    this.sent.http += events;
    const body = JSON.stringify(
      Array.from({ length: events }, (_, n) => ({ source: 'app', title: 'posted', message: `http ${first + n}` })),
    );
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const answered = new Promise<void>((resolve) => {
      const sending = request({
        port: this.#ports.http,
        host: '127.0.0.1',
        path: '/v1/events',
        method: 'POST',
        agent: this.#agent,
        headers,
      });
      sending.on('response', (response) => {
        if (response.statusCode !== 202) this.troubles.push(`http: ${response.statusCode}`);
        response.resume().on('close', resolve);
      });
      sending.on('socket', (socket: Socket) => this.#httpSockets.add(socket));
      sending.on('error', ({ message }) => {
        this.troubles.push(`http: ${message}`);
        resolve();
      });
      sending.end(body);
    }).finally(() => this.#requests.delete(answered));
    this.#requests.add(answered);
  }
}

export interface Arrived {
  /** Different numbers that stand in the file. */
  readonly count: number;
  readonly repeated: number;
  /** How often a number is lower than the one before it. */
  readonly outOfOrder: number;
}

/** What of a load stands in a file of events. */
export async function arrivedIn(file: string): Promise<Record<Way, Arrived>> {
  const of = () => ({ seen: new Set<number>(), count: 0, repeated: 0, outOfOrder: 0, last: -1 });
  const ways = { udp: of(), tcp: of(), tls: of(), http: of() };
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const [, way, digits] = /"message":"(udp|tcp|tls|http) (\d+)"/.exec(line) ?? [];
    if (!way) continue;
    const one = ways[way as Way];
    const number = Number(digits);
    if (one.seen.has(number)) one.repeated += 1;
    else one.seen.add(number);
    if (number < one.last) one.outOfOrder += 1;
    one.last = number;
    one.count = one.seen.size;
  }
  const told = ({ count, repeated, outOfOrder }: Arrived): Arrived => ({ count, repeated, outOfOrder });
  return { udp: told(ways.udp), tcp: told(ways.tcp), tls: told(ways.tls), http: told(ways.http) };
}
