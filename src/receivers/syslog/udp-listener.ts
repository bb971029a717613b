/**
 * Receives syslog over UDP (RFC 5426) with what every Node has, a system call a datagram. Datagrams that
 * were waiting together are one batch. Where the addon could be built, batched-udp-listener.ts is used.
 *
 * An operator asks: are datagrams lost? Those that the kernel dropped while the collector was busy
 * are counted as `kernel_dropped_messages` (Linux); a larger `receive_buffer` rides out longer stalls.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { formatAddress, type NetworkAddress, plainAddress } from './address.ts';
import { DatagramBatch } from './datagram-batch.ts';
import type { Intake } from './intake.ts';
import { KernelDrops } from './kernel-drops.ts';
import type { Listener } from './listener.ts';
import { ReceiveBuffer } from './receive-buffer.ts';

export class UdpListener implements Listener {
  private readonly wanted: NetworkAddress;
  private readonly socket: Socket;
  private intake: Intake;
  private readonly batch: DatagramBatch;
  /** As Node names the last sender, and as events do. */
  private lastAddress = '';
  private remote = '';
  private drops: KernelDrops | undefined;
  private readonly buffer = new ReceiveBuffer();
  private bound = false;
  private closed = false;

  constructor(wanted: NetworkAddress, intake: Intake) {
    this.wanted = wanted;
    this.intake = intake;
    this.batch = new DatagramBatch(intake);
    const type = wanted.host.includes(':') ? 'udp6' : 'udp4';
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
    this.buffer.ask(this.intake, this.address()!, (bytes) => {
      this.socket.setRecvBufferSize(bytes);
      return this.socket.getRecvBufferSize();
    });
  }
}
