/**
 * http: takes events from programs that can POST.
 *
 * Was it taken: 202, or for OpenTelemetry 200, says that every event is in the hands of every queue.
 * Any other status says that none is, and the body says why; 429 and 503 may be sent again as they were.
 */
import { defineReceiver } from '../../component/component.ts';
import { decodeBody } from './decode.ts';
import { hostAndPort } from './listener.ts';
import { HttpReceiver } from './http-receiver.ts';

const MEBIBYTE = 1_024 * 1_024;

export default defineReceiver({
  type: 'http',
  stability: 'stable',
  summary: 'Takes events as JSON by POST to /v1/events, and OpenTelemetry logs (OTLP/HTTP) by POST to /v1/logs.',
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
          'Addresses to listen on. Use http://0.0.0.0:8686 to be reached from other machines, and then `auth`.',
        examples: ['http://127.0.0.1:8686'],
      },
      auth: {
        type: 'object',
        additionalProperties: false,
        required: ['type'],
        description: 'What senders have to authorise themselves with; requests without it are answered 401.',
        properties: {
          type: {
            type: 'string',
            enum: ['basic', 'bearer'],
            description: 'basic: user name and password. bearer: a token.',
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
        },
      },
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
  check: (config) => {
    const problems: { severity: 'error' | 'hint'; message: string; path: (string | number)[] }[] = [];
    config.listen.forEach((listen, index) => {
      if (hostAndPort(listen)) return;
      const message = `"${listen}" is no address to listen on: write http://host:port, such as http://127.0.0.1:8686`;
      problems.push({ severity: 'error', message, path: ['listen', index] });
    });
    for (const name of config.auth
      ? config.auth.type === 'basic'
        ? (['username', 'password'] as const)
        : (['token'] as const)
      : []) {
      if (config.auth?.[name] !== undefined) continue;
      problems.push({
        severity: 'error',
        message: `${config.auth?.type} authentication needs a ${name}`,
        path: ['auth', 'type'],
      });
    }
    if (config.max_in_flight < config.max_body) {
      problems.push({ severity: 'error', message: 'max_in_flight must be at least max_body', path: ['max_in_flight'] });
    }
    if (!config.auth && config.listen.some((listen) => !/^http:\/\/(127\.|localhost|\[::1\])/.test(listen))) {
      const message = 'anybody who reaches this address can send events: set `auth`, or listen on 127.0.0.1';
      problems.push({ severity: 'hint', message, path: ['listen'] });
    }
    return problems;
  },
  create: (config, context, sink) => new HttpReceiver(config, context, sink),
  decode: (_, { clock }, bytes) => decodeBody(bytes, clock.now()),
});
