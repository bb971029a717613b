/**
 * The `service` block: what belongs to the collector as a whole.
 */
import type { ConfigOf, ConfigSchema } from '../component/schema.ts';

const LOG_LEVEL = ['debug', 'info', 'warn', 'error'] as const;

export const serviceSchema = {
  type: 'object',
  additionalProperties: false,
  description: 'What belongs to the collector as a whole: storage, the admin address, logging, reloads.',
  properties: {
    storage: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description: 'Where queues, file offsets, windows and dead letters are kept.',
      properties: {
        directory: {
          type: 'string',
          format: 'path',
          minLength: 1,
          description:
            'Relative to this file. Unless said, a folder of this file’s own under $STATE_DIRECTORY, $XDG_STATE_HOME/lnmt-collector or ~/.local/state/lnmt-collector.',
          examples: ['/var/lib/lnmt-collector'],
        },
      },
    },
    admin: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description: 'The address for metrics, health, status and reloads.',
      properties: {
        listen: {
          type: 'string',
          format: 'address',
          default: '127.0.0.1:13133',
          description:
            'host:port. When the default is taken, the next free port is used. An address that is not loopback needs a token.',
          examples: ['127.0.0.1:13133', '0.0.0.0:13133'],
        },
        token: {
          type: 'string',
          minLength: 1,
          writeOnly: true,
          description: 'Bearer token that requests must bring. A secret: use ${env:…} or ${file:…}.',
        },
      },
    },
    log: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description: 'The collector’s own log, on standard error.',
      properties: {
        level: { type: 'string', enum: LOG_LEVEL, default: 'info', description: 'Least level that is logged.' },
        format: {
          type: 'string',
          enum: ['auto', 'json', 'pretty'],
          default: 'auto',
          description: 'auto: pretty in a terminal, JSON elsewhere.',
        },
        levels: {
          type: 'object',
          additionalProperties: { type: 'string', enum: LOG_LEVEL },
          default: {},
          description: 'Levels of single loggers, such as lnmt.integration_connectors or lnmt.connectors.NAME.',
          examples: [{ 'lnmt.connectors.slack_alerts': 'debug' }],
        },
      },
    },
    shutdown_timeout: {
      type: 'number',
      format: 'duration',
      default: 10_000,
      minimum: 0,
      description: 'How long a stop may take to deliver what is waiting; the rest stays on disk.',
    },
    reload: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description: 'What an edit of this file must pass.',
      properties: {
        require_tests: {
          type: 'boolean',
          default: false,
          description: 'Runs the tests block before a reload, and refuses the edit when one fails.',
        },
      },
    },
    record: {
      type: 'object',
      additionalProperties: false,
      description: 'Keeps the latest traffic for `replay`: true, or its limits. Off unless said.',
      properties: {
        max_size: {
          type: 'number',
          format: 'size',
          default: 67_108_864,
          minimum: 65_536,
          description: 'Bytes kept at the most.',
        },
        max_age: {
          type: 'number',
          format: 'duration',
          default: 86_400_000,
          exclusiveMinimum: 0,
          description: 'Older traffic is forgotten.',
        },
        redact: {
          type: 'array',
          orOne: true,
          items: { type: 'string', format: 'field' },
          default: [],
          description: 'Fields whose values are masked before anything is written. Secrets of this file always are.',
          examples: [['metadata.password', 'metadata.user']],
        },
      },
    },
    plugins: {
      type: 'array',
      orOne: true,
      items: { type: 'string', minLength: 1 },
      default: [],
      description: 'Modules with components of your own, relative to this file.',
      examples: [['./my-connector.js']],
    },
    workers: {
      type: 'integer',
      minimum: 0,
      maximum: 64,
      default: 0,
      description:
        'Threads in which exporters that send batches to stores (http, elasticsearch, loki, otlphttp, splunk_hec) decode, encode and send. Measured slower on two cores, so 0, none, unless you have measured better on yours.',
    },
  },
} as const satisfies ConfigSchema;

export type ServiceConfig = ConfigOf<typeof serviceSchema>;
