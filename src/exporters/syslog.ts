/**
 * syslog: sends each event to a syslog server, over UDP, TCP or TLS.
 *
 * Did my event arrive? Syslog has no acknowledgement. Over TCP and TLS a server that is away is
 * noticed and the events wait; what the kernel held when a connection broke is lost. Over UDP
 * anything may be lost on the way. Where that matters, send to `http`, `otlphttp` or a store.
 *
 * RFC 5424, RFC 3164; RFC 5426 (UDP), RFC 6587 (TCP), RFC 5425 (TLS).
 */
import { hostname } from 'node:os';
import { defineExporter, type Exporter, type OptionProblem } from '../component/component.ts';
import { ConfigError } from '../component/errors.ts';
import type { ConfigOf, ConfigSchema } from '../component/schema.ts';
import { FACILITIES, facilityNumber } from '../lib/syslog/names.ts';
import { compileTemplate } from '../lib/template.ts';
import { titledMessage } from '../lib/titled-message.ts';
import { trustProperties } from '../lib/trust-options.ts';
import { datagrams } from './syslog/datagrams.ts';
import { formatter } from './syslog/format.ts';
import { stream } from './syslog/stream.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['host'],
  properties: {
    host: { type: 'string', minLength: 1, description: 'Name or address of the syslog server.' },
    port: {
      type: 'integer',
      minimum: 1,
      maximum: 65_535,
      default: 514,
      description: 'Its port. Servers that speak TLS usually listen on 6514.',
    },
    protocol: {
      type: 'string',
      enum: ['udp', 'tcp', 'tls'],
      default: 'udp',
      description:
        'udp: one message a datagram, nothing acknowledged. tcp, tls: events wait while the server is away; what the kernel held when a connection broke is lost, for syslog has no acknowledgement.',
    },
    facility: {
      type: ['string', 'number', 'boolean', 'null', 'array', 'object'],
      description:
        'Facility of every event: 0 to 23, or a name such as local0. Where it is not set, an event that came from syslog keeps its own and any other has 16 (local0).',
      examples: [16, 'daemon'],
    },
    format: {
      type: 'string',
      enum: ['rfc5424', 'rfc3164'],
      default: 'rfc5424',
      description:
        'rfc5424 has the year, the time zone and structured data; rfc3164 (local time) is for old receivers.',
    },
    framing: {
      type: 'string',
      enum: ['octet_counting', 'newline'],
      default: 'octet_counting',
      description:
        'How tcp and tls tell messages apart. octet_counting keeps messages of several lines; newline is for receivers without it, and writes line ends inside a message as #012.',
    },
    app_name: {
      type: 'string',
      minLength: 1,
      description:
        'APP-NAME (the tag, in rfc3164) of every event. Where it is not set: that of an event from syslog, else its source.',
    },
    hostname: {
      type: 'string',
      minLength: 1,
      description: 'HOSTNAME of events that have none in metadata.hostname. Default: this machine’s name.',
    },
    template: {
      type: 'string',
      format: 'template',
      description: 'The text of the message. Default: the message, after the title unless it begins with that.',
      examples: ['{title} ({metadata.user})'],
    },
    event_fields: {
      type: 'boolean',
      default: true,
      description:
        'Adds the event’s id, type and tags as structured data [lnmt@32473 …] and its plain metadata as [meta@32473 …] (rfc5424). false passes on only what arrived.',
    },
    max_message_size: {
      type: 'integer',
      format: 'size',
      minimum: 480,
      maximum: 1_048_576,
      default: 65_536,
      description:
        'A longer message is cut there and ends with …; over UDP at 65,507 bytes at the latest. Many servers cut at 8KiB on their own.',
    },
    ...trustProperties,
    cert_file: {
      type: 'string',
      format: 'path',
      description: 'PEM file of our own certificate, where the server asks for one (tls).',
    },
    key_file: {
      type: 'string',
      format: 'path',
      description: 'PEM file of its key (tls). All three are read again at each connection.',
    },
  },
} as const satisfies ConfigSchema;

type Options = ConfigOf<typeof schema>;

/** An IPv4 packet less its headers. */
const MAX_DATAGRAM = 65_507;

export default defineExporter({
  type: 'syslog',
  stability: 'stable',
  summary: 'Sends events to a syslog server over UDP, TCP or TLS.',
  audience: 'store',
  // One write, or one turn of the event loop, for many frames: no waiting for them, though.
  take: 256,
  schema,
  example: { host: 'logs.example.com', port: 6514, protocol: 'tls', ca_file: '/etc/ssl/certs/logs-ca.pem' },
  check,
  create(options, { clock, counter }): Exporter<readonly string[]> {
    const { host, port, protocol, format, framing } = options;
    const counted = protocol !== 'udp' && framing === 'octet_counting';
    const write = formatter({
      format,
      facility: facilityOf(options.facility),
      appName: options.app_name,
      hostname: options.hostname ?? hostname(),
      eventFields: options.event_fields,
      keepLineEnds: counted,
      maxBytes: protocol === 'udp' ? Math.min(options.max_message_size, MAX_DATAGRAM) : options.max_message_size,
      text: options.template === undefined ? titledMessage : compileTemplate(options.template),
    });
    const transport =
      protocol === 'udp'
        ? datagrams(host, port, clock)
        : stream(
            { host, port, tls: protocol === 'tls' ? tlsOf(options) : undefined },
            clock,
            counter(
              'broken_connections',
              'Connections that the syslog server ended; what the kernel still held is lost.',
            ),
          );
    return {
      encode: (events) => {
        const frames = events.map((event) => {
          const message = write(event);
          if (protocol === 'udp') return message;
          return counted ? `${Buffer.byteLength(message)} ${message}` : `${message}\n`;
        });
        return frames.length === 0 ? [] : [{ request: frames, events: frames.length }];
      },
      send: (frames, signal) => transport.send(frames, signal),
      stop: () => transport.close(),
    };
  },
});

function tlsOf({ verify_ssl: verifySsl, ca_file: caFile, cert_file: certFile, key_file: keyFile }: Options) {
  return { verifySsl, caFile, certFile, keyFile };
}

function facilityOf(option: unknown): number | undefined {
  const facility = numberOf(option);
  if (option !== undefined && facility === undefined) throw new ConfigError(NO_FACILITY, { path: ['facility'] });
  return facility;
}

const NO_FACILITY = `facility must be a number from 0 to 23 or one of ${FACILITIES.join(', ')}`;

/** A name or a number, which from the environment comes as text. */
function numberOf(option: unknown): number | undefined {
  return facilityNumber(typeof option === 'string' && /^\d{1,2}$/.test(option) ? Number(option) : option);
}

function check(options: Options): OptionProblem[] {
  const problems: OptionProblem[] = [];
  if (options.facility !== undefined && numberOf(options.facility) === undefined) {
    problems.push({ severity: 'error', message: NO_FACILITY, path: ['facility'] });
  }
  if (options.protocol === 'tls') {
    if ((options.cert_file === undefined) !== (options.key_file === undefined)) {
      const [given, missing] = options.cert_file === undefined ? ['key_file', 'cert_file'] : ['cert_file', 'key_file'];
      problems.push({ severity: 'error', message: `${given} needs ${missing} too`, path: [given] });
    }
    if (!options.verify_ssl) {
      problems.push({
        severity: 'hint',
        message: 'verify_ssl: false lets anybody on the way read and change the events; set ca_file instead',
        path: ['verify_ssl'],
      });
    }
    return problems;
  }
  for (const option of ['ca_file', 'cert_file', 'key_file'] as const) {
    if (options[option] !== undefined) {
      problems.push({ severity: 'hint', message: `${option} has no effect without protocol: tls`, path: [option] });
    }
  }
  return problems;
}
