import type { Clock, Context, Counter, Logger, Sink } from '../../component/component.ts';
import { Flow, type Pausable } from '../../lib/flow.ts';
import type { SyslogSettings } from '../../lib/syslog/event.ts';
import type { Framing } from '../../lib/syslog/framing.ts';
import type { SyslogFormat } from '../../lib/syslog/header.ts';
import { Zone } from '../../lib/syslog/zone.ts';
import { type TlsFiles, TlsIdentity } from '../../lib/tls-identity.ts';
import { AllowList } from './allow-list.ts';
import { Senders } from './senders.ts';

/** The options, but for the addresses. Sizes in bytes, times in milliseconds. */
export interface IntakeOptions {
  readonly format: SyslogFormat;
  readonly framing: Framing;
  readonly max_message_size: number;
  readonly timezone?: string;
  readonly allow?: readonly string[];
  readonly max_connections: number;
  readonly idle_timeout: number;
  readonly message_timeout: number;
  readonly receive_buffer: number;
  /** In octal. */
  readonly socket_mode: string;
  readonly tls?: TlsFiles;
}

/**
 * What listeners need of the receiver they work for: options, counters, and where events go. A
 * reload gives a bound listener another intake; it looks everything up anew with each read.
 */
export class Intake {
  readonly options: IntakeOptions;
  readonly clock: Clock;
  readonly log: Logger;
  readonly sink: Sink;
  readonly flow: Flow;
  readonly allow: AllowList;
  readonly settings: SyslogSettings;
  /** For `tls://` addresses; undefined where none was configured. */
  readonly tls: TlsIdentity | undefined;
  readonly senders: Senders;
  readonly truncated: Counter;
  readonly framingErrors: Counter;
  readonly unfinishedMessages: Counter;
  readonly refusedConnections: Counter;
  readonly failedHandshakes: Counter;
  readonly kernelDropped: Counter;

  constructor(options: IntakeOptions, context: Context, sink: Sink, senders: () => Iterable<Pausable>) {
    this.options = options;
    this.clock = context.clock;
    this.log = context.log;
    this.sink = sink;
    this.flow = new Flow(sink, senders);
    this.allow = new AllowList(options.allow);
    this.settings = {
      format: options.format,
      zone: new Zone(options.timezone),
      parseErrors: context.counter(
        'parse_errors',
        'Messages flagged with a parse_error, of those whose metadata was read.',
      ),
    };
    this.tls = options.tls && new TlsIdentity(options.tls, context.clock, context.log);
    this.senders = new Senders(context);
    this.truncated = context.counter('truncated_messages', 'Messages longer than max_message_size, cut there.');
    this.framingErrors = context.counter(
      'framing_errors',
      'Connections closed for a bad octet count, and counted messages that ended too early.',
    );
    this.unfinishedMessages = context.counter(
      'unfinished_messages',
      'Connections closed because a message took longer than message_timeout.',
    );
    this.refusedConnections = context.counter(
      'refused_connections',
      'Connections refused or closed because of allow or max_connections, or for want of descriptors.',
    );
    this.failedHandshakes = context.counter('failed_handshakes', 'TLS connections whose handshake failed.');
    this.kernelDropped = context.counter(
      'kernel_dropped_messages',
      'Datagrams the kernel dropped because the receive buffer was full.',
    );
  }
}
