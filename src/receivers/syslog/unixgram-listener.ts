/**
 * Receives syslog from a Unix datagram socket, as programs write to `/dev/log`: one message a
 * datagram.
 *
 * An operator asks: why does it not start here? Node has no such sockets; the optional package
 * node-unix-socket has, for the platforms it was built for.
 */
import { codeOf } from '../../component/errors.ts';
import type { PathAddress } from './address.ts';
import { DatagramBatch } from './datagram-batch.ts';
import type { Intake } from './intake.ts';
import type { Listener } from './listener.ts';
import { claimPath, identityOf, type Owner, removeSocket, resetMode, setMode } from './socket-path.ts';

/** The package could not be loaded; `message` says what to do. */
export class NoUnixDatagrams extends Error {}

/** The little of the package's socket that is used. Its calls throw what the system says. */
interface DatagramSocket {
  on(event: 'data', listener: (bytes: Buffer) => void): unknown;
  on(event: 'error', listener: () => void): unknown;
  bind(path: string): void;
  setRecvBufferSize(bytes: number): void;
  sendTo(bytes: Buffer, offset: number, length: number, path: string, sent: (error?: Error) => void): void;
  close(): void;
}

type DatagramSockets = new () => DatagramSocket;

export class UnixgramListener implements Listener {
  readonly #wanted: PathAddress;
  readonly #batch: DatagramBatch;
  #intake: Intake;
  #socket: DatagramSocket | undefined;
  /** Of the file that it is bound to. */
  #identity: string | undefined;

  constructor(wanted: PathAddress, intake: Intake) {
    this.#wanted = wanted;
    this.#intake = intake;
    this.#batch = new DatagramBatch(intake);
  }

  async open(): Promise<void> {
    const { path } = this.#wanted;
    const { options } = this.#intake;
    const Sockets = await loadSockets();
    await claimPath(path, (taken) => datagramOwner(Sockets, taken));
    const socket = new Sockets();
    try {
      socket.on('error', () => {});
      socket.on('data', (bytes) => this.#batch.add(bytes, undefined));
      socket.setRecvBufferSize(options.receive_buffer);
      socket.bind(path);
      this.#identity = await identityOf(path);
      await setMode(path, options.socket_mode);
    } catch (error) {
      socket.close();
      throw error;
    }
    this.#socket = socket;
  }

  attach(intake: Intake): void {
    this.#intake = intake;
    this.#batch.attach(intake);
  }

  async enforce(): Promise<void> {
    const { log, options } = this.#intake;
    await resetMode(this.#wanted.path, options.socket_mode, log);
  }

  tick(): void {}

  pause(): void {}

  resume(): void {}

  async close(): Promise<void> {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = undefined;
    // Once it is closed, the path may be another's.
    await removeSocket(this.#wanted.path, this.#identity);
    socket.close();
    this.#batch.flush();
  }

  address(): string | undefined {
    return this.#socket && `unixgram://${this.#wanted.path}`;
  }
}

async function loadSockets(): Promise<DatagramSockets> {
  try {
    const { DgramSocket } = await import('node-unix-socket');
    return DgramSocket;
  } catch (error) {
    throw new NoUnixDatagrams(
      `the package node-unix-socket cannot be loaded (${codeOf(error)}). Install it beside the collector with ` +
        '`npm install node-unix-socket`; where there is none for this platform or Node, listen on unix:// or udp://127.0.0.1:514.',
    );
  }
}

/** Asks with an empty datagram, which syslog daemons pass over. */
function datagramOwner(Sockets: DatagramSockets, path: string): Promise<Owner> {
  const socket = new Sockets();
  socket.on('error', () => {});
  return new Promise((resolve) => {
    socket.sendTo(Buffer.alloc(0), 0, 0, path, (error) => {
      socket.close();
      const message = error?.message ?? '';
      resolve(
        /refused/i.test(message) ? 'gone' : /permission denied|not permitted/i.test(message) ? 'unknown' : 'listens',
      );
    });
  });
}
