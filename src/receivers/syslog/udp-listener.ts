/**
 * Receives syslog over UDP (RFC 5426): one message a datagram. Datagrams that were waiting together
 * are one batch.
 *
 * An operator asks: are datagrams lost? Those that the kernel dropped while the collector was busy
 * are counted as `kernel_dropped_messages` (Linux); a larger `receive_buffer` rides out longer stalls.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { formatAddress, type NetworkAddress, plainAddress } from './address.ts';
import { DatagramBatch } from './datagram-batch.ts';
import type { Intake } from './intake.ts';
import { KernelDrops } from './kernel-drops.ts';
import type { Listener } from './listener.ts';

export class UdpListener implements Listener {
  private readonly wanted: NetworkAddress;
  private readonly socket: Socket;
  private intake: Intake;
  private readonly batch: DatagramBatch;
  /** As Node names the last sender, and as events do. */
  private lastAddress = '';
  private remote = '';
  private drops: KernelDrops | undefined;
  /** The receive buffer last asked for, in bytes. */
  private asked = 0;
  private bound = false;
  private closed = false;

  constructor(wanted: NetworkAddress, intake: Intake) {
    this.wanted = wanted;
    this.intake = intake;
    this.batch = new DatagramBatch(intake);
    const type = isIPv6(wanted.host.split('%', 1)[0]!) ? 'udp6' : 'udp4';
    this.socket = createSocket({ type, ipv6Only: wanted.ipv6Only });
    this.socket.on('message', (bytes, sender) => this.receive(bytes, sender));
  }

  async open(): Promise<void> {
    const { socket, wanted } = this;
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(wanted.port, wanted.host, () => {
        socket.off('error', reject);
        // A datagram that could not be read says nothing about the next one.
        socket.on('error', () => {});
        resolve();
      });
    });
    this.bound = true;
    const { family, address, port } = socket.address();
    this.drops = new KernelDrops(family, address, port);
    this.askForBuffer();
  }

  attach(intake: Intake): void {
    this.intake = intake;
    this.batch.attach(intake);
  }

  enforce(): void {
    this.askForBuffer();
  }

  tick(): void {
    void this.drops?.read().then((count) => {
      if (count > 0) this.intake.kernelDropped.add(count);
    });
  }

  pause(): void {}

  resume(): void {}

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.bound = false;
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
    this.batch.flush();
  }

  address(): string | undefined {
    if (!this.bound) return undefined;
    const { address, port } = this.socket.address();
    return formatAddress('udp', address, port);
  }

  private receive(bytes: Buffer, sender: RemoteInfo): void {
    const { intake } = this;
    const { address } = sender;
    if (address !== this.lastAddress) {
      this.lastAddress = address;
      this.remote = plainAddress(address);
    }
    const { remote } = this;
    if (intake.allow.allows(remote)) this.batch.add(bytes, remote);
    else intake.sink.refused('not_allowed', 1);
  }

  private askForBuffer(): void {
    const wanted = this.intake.options.receive_buffer;
    if (wanted === this.asked) return;
    this.asked = wanted;
    this.socket.setRecvBufferSize(wanted);
    // Linux doubles what is asked for, to have room for its own books, and says the double.
    const granted = this.socket.getRecvBufferSize() / (process.platform === 'linux' ? 2 : 1);
    if (granted >= wanted) return;
    this.intake.log.warn(
      `${this.address()} got a receive buffer of ${granted} bytes instead of ${wanted}: bursts may be lost. ` +
        `Allow it with \`sysctl -w net.core.rmem_max=${wanted}\`, or set receive_buffer lower.`,
    );
  }
}
