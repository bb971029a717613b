/**
 * http: takes events from programs that can POST.
 *
 * Was it taken: 202, or for OpenTelemetry 200, says that every event is in the hands of every queue.
 * Any other status says that none is, and the body says why; 429 and 503 may be sent again as they were.
 */
import { defineReceiver, type OptionProblem } from '../../component/component.ts';
import { tlsField, tlsProblems } from '../../lib/tls-options.ts';
import { decodeBody } from './decode.ts';
import { HttpReceiver, ROUTES, type HttpOptions } from './http-receiver.ts';
import { hostAndPort } from './listener.ts';
import { webhookField } from './webhook-field.ts';

const MEBIBYTE = 1_024 * 1_024;

export default defineReceiver({
  type: 'http',
  stability: 'stable',
  summary:
    'Takes events as JSON by POST to /v1/events, OpenTelemetry logs (OTLP/HTTP) at /v1/logs, webhooks of Alertmanager, Grafana and GitHub at /v1/alertmanager, /v1/grafana and /v1/github, and others as its webhooks option describes them.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: [],
    properties: {
      listen: {
        type: 'array',
        orOne: true,
        minItems: 1,
        items: { type: 'string', format: 'listen' },
        default: ['http://127.0.0.1:8686'],
        description:
          'Addresses to listen on, http:// or https:// (with `tls`). Use 0.0.0.0 to be reached from other machines, and then `auth`.',
        examples: ['http://127.0.0.1:8686'],
      },
      tls: tlsField('https'),
      auth: {
        type: 'object',
        additionalProperties: false,
        required: ['type'],
        description:
          'What senders have to authorise themselves with; requests without it are answered 401. For senders that do it in different ways, add further http receivers on other ports.',
        properties: {
          type: {
            type: 'string',
            enum: ['basic', 'bearer', 'hmac'],
            description:
              'basic: user name and password. bearer: a token. hmac: a signature of the body, as GitHub and many other webhooks send it.',
          },
          username: { type: 'string', minLength: 1, description: 'User name, for basic.' },
          password: {
            type: 'string',
            minLength: 1,
            writeOnly: true,
            description: 'Password, for basic. A secret: use ${env:…}.',
          },
          token: {
            type: 'string',
            minLength: 1,
            writeOnly: true,
            description: 'Token, for bearer. A secret: use ${env:…}.',
          },
          secret: {
            type: 'string',
            minLength: 1,
            writeOnly: true,
            description: 'What the sender signs with, for hmac. A secret: use ${env:…}.',
          },
          header: {
            type: 'string',
            default: 'X-Hub-Signature-256',
            pattern: '^[A-Za-z0-9-]+$',
            description: 'Where the signature is, for hmac: hex or base64, with or without sha256= before it.',
          },
          algorithm: {
            type: 'string',
            enum: ['sha256', 'sha1', 'sha512'],
            default: 'sha256',
            description: 'What the signature is made with, for hmac.',
          },
        },
      },
      webhooks: webhookField,
      max_body: {
        type: 'number',
        format: 'size',
        default: 10 * MEBIBYTE,
        minimum: 1_024,
        maximum: 256 * MEBIBYTE,
        description: 'Largest body of a request, decompressed; a larger one is answered 413.',
      },
      max_in_flight: {
        type: 'number',
        format: 'size',
        default: 64 * MEBIBYTE,
        minimum: 1_024,
        description: 'Memory for the bodies of all requests under way; past it requests are answered 429.',
      },
      max_connections: {
        type: 'integer',
        default: 1_024,
        minimum: 1,
        description: 'Connections open at once on each address; further ones are closed and counted.',
      },
      request_timeout: {
        type: 'number',
        format: 'duration',
        default: 30_000,
        minimum: 1_000,
        description: 'How long a request may take to arrive; then it is answered 408.',
      },
    },
  },
  example: { listen: 'http://127.0.0.1:8686', auth: { type: 'bearer', token: '${env:INGEST_TOKEN}' } },
  samples: [
    {
      options: {},
      received: '{"level":"warn","source":"backup","title":"Backup is late","hours":7,"tags":["nightly"]}',
      after: {
        event_type: 'custom',
        level: 'warning',
        source: 'backup',
        title: 'Backup is late',
        metadata: { hours: 7 },
        tags: ['nightly'],
      },
    },
    {
      options: {},
      received:
        '{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1768478400000000123","severityNumber":17,"traceId":"5b8efff798038103d269b633813fc60c","body":{"stringValue":"card declined"},"attributes":[{"key":"order","value":{"intValue":"42"}}]}]}]}]}',
      after: {
        timestamp: '2026-01-15T12:00:00.000Z',
        level: 'error',
        source: 'shop',
        message: 'card declined',
        metadata: {
          order: 42,
          resource: { 'service.name': 'shop' },
          trace_id: '5b8efff798038103d269b633813fc60c',
          severity_number: 17,
          time_unix_nano: '1768478400000000123',
        },
      },
    },
    {
      options: {},
      received:
        '{"version":"4","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"DiskFull","severity":"critical","instance":"web1"},"annotations":{"summary":"Disk is full on web1"},"startsAt":"2026-01-15T12:00:00Z"}]}',
      after: {
        level: 'critical',
        title: 'Disk is full on web1',
      },
    },
  ],
  check: (config) => [
    ...config.listen.flatMap((listen, index) => {
      if (hostAndPort(listen)) return [];
      const message = `"${listen}" is no address to listen on: write http://host:port, such as http://127.0.0.1:8686`;
      return error(message, ['listen', index]);
    }),
    ...(config.auth ? SECRETS[config.auth.type] : []).flatMap((name) =>
      config.auth?.[name] === undefined
        ? error(`${config.auth?.type} authentication needs a ${name}`, ['auth', 'type'])
        : [],
    ),
    ...tlsProblems(config.listen, 'https', config.tls),
    ...Object.keys(config.webhooks ?? {}).flatMap((path) => {
      if (!/^\/[\w./~-]*[\w.~-]$/.test(path)) return error('a path is written /like/this', ['webhooks', path]);
      return ROUTES.some((route) => route.path === path) ? error(`${path} is there already`, ['webhooks', path]) : [];
    }),
    ...(config.max_in_flight < config.max_body
      ? error('max_in_flight must be at least max_body', ['max_in_flight'])
      : []),
    ...openDoors(config),
  ],
  create: (config, context, sink) => new HttpReceiver(config, context, sink),
  decode: (_, { clock }, bytes) => decodeBody(bytes, clock.now()),
});

/** What each scheme cannot do without. */
const SECRETS = { basic: ['username', 'password'], bearer: ['token'], hmac: ['secret'] } as const;

function error(message: string, path: OptionProblem['path']): OptionProblem[] {
  return [{ severity: 'error', message, path }];
}

function openDoors({ listen, auth, tls }: HttpOptions): OptionProblem[] {
  const open = listen.some((text) => !/^https?:\/\/(127\.|localhost|\[::1\])/.test(text));
  if (auth || tls?.client_auth === 'require' || !open) return [];
  const message = 'anybody who reaches this address can send events: set `auth`, or listen on 127.0.0.1';
  return [{ severity: 'hint', message, path: ['listen'] }];
}
