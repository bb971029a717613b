/**
 * Receives syslog, RFC 3164 and RFC 5424, over UDP, TCP, TLS and Unix sockets.
 *
 * An operator asks: is anything thrown away? No: what is malformed becomes an event with what could
 * be read, `metadata.parse_error` and `metadata.raw`. Senders of streams wait while queues are full;
 * the losses of datagrams are counted.
 */
import { defineReceiver, type OptionProblem } from '../../component/component.ts';
import { ConfigError } from '../../component/errors.ts';
import { decodeMessage } from '../../lib/syslog/decode.ts';
import { isZone, Zone } from '../../lib/syslog/zone.ts';
import { tlsField, tlsProblems } from '../../lib/tls-options.ts';
import { addressProblem } from './address.ts';
import { rangeProblem } from './allow-list.ts';
import { SyslogReceiver } from './receiver.ts';

export default defineReceiver({
  type: 'syslog',
  stability: 'beta',
  summary: 'Receives syslog (RFC 3164 and RFC 5424) from devices and hosts over UDP, TCP, TLS and Unix sockets.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['listen'],
    properties: {
      listen: {
        type: 'array',
        items: { type: 'string' },
        minItems: 1,
        orOne: true,
        description:
          'Addresses to listen on, one or a list: udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, unix:///PATH (streams), unixgram:///PATH (datagrams, as /dev/log). 0.0.0.0 is every IPv4 address of the machine, [::] every address.',
        examples: [['udp://0.0.0.0:5514', 'tcp://0.0.0.0:5514']],
      },
      format: {
        type: 'string',
        enum: ['auto', 'rfc3164', 'rfc5424'],
        default: 'auto',
        description: 'How messages are read; auto tells the two formats apart message by message.',
      },
      framing: {
        type: 'string',
        enum: ['auto', 'octet_counting', 'newline'],
        default: 'auto',
        description:
          'How messages in a stream are told apart; auto decides per connection: a first message that begins with digits and a space is octet counting. An edit acts on new connections.',
      },
      max_message_size: {
        type: 'integer',
        format: 'size',
        default: 65_536,
        minimum: 480,
        maximum: 16_777_216,
        description:
          'A longer message is cut there, flagged as truncated and counted. Held at most once per connection. An edit acts on new connections.',
      },
      timezone: {
        type: 'string',
        minLength: 1,
        description: "Time zone of time stamps that name none, such as Europe/Berlin. Default: the process's.",
        examples: ['Europe/Berlin'],
      },
      allow: {
        type: 'array',
        items: { type: 'string' },
        orOne: true,
        description:
          'Address ranges that may send; all others are refused and counted. Default: everybody. An edit acts at once, on open connections too.',
        examples: [['10.0.0.0/8', '2001:db8::/32']],
      },
      max_connections: {
        type: 'integer',
        default: 4_096,
        minimum: 1,
        maximum: 1_000_000,
        description: 'Connections at a time, per address; more are refused and counted.',
      },
      idle_timeout: {
        type: 'number',
        format: 'duration',
        default: 0,
        minimum: 0,
        description:
          'Closes a connection that sent nothing for that long; 0 never does, as a quiet host may have nothing to say. Dead senders are found by TCP keep-alive in any case, within about 70 s.',
      },
      message_timeout: {
        type: 'number',
        format: 'duration',
        default: 300_000,
        minimum: 0,
        description:
          'Closes a connection that takes longer than that to send one message, and takes what has come of it; 0 never does. Time in which the collector does not read counts for nobody.',
      },
      receive_buffer: {
        type: 'integer',
        format: 'size',
        default: 4_194_304,
        minimum: 4_096,
        maximum: 1_073_741_824,
        description:
          'Kernel buffer per address for datagrams, for bursts while the collector is busy. A warning says so where the kernel grants less.',
      },
      socket_mode: {
        type: 'string',
        pattern: '^0?[0-7]{3}$',
        default: '0666',
        description:
          "Permissions of the files of unix:// and unixgram:// sockets, in octal and in quotes: '0660' lets the owner and the group write.",
        examples: ['0660'],
      },
      tls: tlsField('tls'),
    },
  },
  example: { listen: ['udp://0.0.0.0:5514', 'tcp://0.0.0.0:5514'] },
  samples: [
    {
      options: { listen: 'udp://0.0.0.0:5514' },
      received:
        '<86>1 2026-01-15T12:00:00.5Z web1 sshd 4321 LOGIN [user@32473 name="jane" from="192.0.2.7"] Failed password for jane',
      after: {
        timestamp: '2026-01-15T12:00:00.500Z',
        event_type: 'security_event',
        level: 'info',
        source: 'sshd',
        title: 'Failed password for jane',
        message: 'Failed password for jane',
        metadata: {
          facility: 'authpriv',
          severity: 'info',
          hostname: 'web1',
          appname: 'sshd',
          procid: '4321',
          msgid: 'LOGIN',
          structured_data: { 'user@32473': { name: 'jane', from: '192.0.2.7' } },
          remote: '127.0.0.1',
        },
      },
    },
    {
      options: { listen: 'udp://0.0.0.0:5514', timezone: 'Europe/Berlin' },
      received: '<187>45: sw1: *Jan 10 10:11:12.123: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down',
      after: {
        timestamp: '2026-01-10T09:11:12.123Z',
        event_type: 'custom',
        level: 'error',
        source: '%LINK-3-UPDOWN',
        title: 'Interface Gi0/1, changed state to down',
        metadata: {
          facility: 'local7',
          severity: 'err',
          hostname: 'sw1',
          appname: '%LINK-3-UPDOWN',
          sequence_id: '45',
          year_inferred: true,
        },
      },
    },
    {
      options: { listen: 'udp://0.0.0.0:5514' },
      received: '<999>disk full',
      after: {
        level: 'info',
        source: '127.0.0.1',
        message: 'disk full',
        metadata: {
          priority_defaulted: true,
          parse_error: 'PRI is not a number from 0 to 191',
          raw: '<999>disk full',
        },
      },
    },
  ],
  check: ({ listen, timezone, tls, allow = [] }) => [
    ...listen.flatMap((text, index) => problem(addressProblem(text), ['listen', index])),
    ...repeats(listen),
    ...allow.flatMap((range, index) => problem(rangeProblem(range), ['allow', index])),
    ...tlsProblems(listen, 'tls', tls),
    ...problem(timezone === undefined ? undefined : zoneProblem(timezone), ['timezone']),
  ],
  create(config, context, sink) {
    for (const [index, text] of config.listen.entries()) {
      const trouble = addressProblem(text);
      if (trouble !== undefined) throw new ConfigError(trouble, { path: ['listen', index] });
    }
    return new SyslogReceiver(config, context, sink);
  },
  decode({ format, timezone, max_message_size: maxBytes }, { clock }, bytes, remote = '127.0.0.1') {
    const arrival = { receivedAt: clock.now(), remote, settings: { format, zone: new Zone(timezone) } };
    return decodeMessage(bytes, arrival, maxBytes);
  },
});

function problem(message: string | undefined, path: OptionProblem['path']): OptionProblem[] {
  return message === undefined ? [] : [{ severity: 'error', message, path }];
}

/** An address cannot be bound twice; port 0 is another port each time. */
function repeats(listen: readonly string[]): OptionProblem[] {
  return listen.flatMap((text, index) =>
    listen.indexOf(text) < index && !/:0\/?$/.test(text)
      ? problem(`${text} is already in the list`, ['listen', index])
      : [],
  );
}

function zoneProblem(name: string): string | undefined {
  return isZone(name) ? undefined : `${name} is not a time zone: write its IANA name, such as Europe/Berlin or UTC`;
}
