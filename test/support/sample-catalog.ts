import type { Catalog } from '../../src/component/catalog.ts';
import {
  defineExporter,
  defineProcessor,
  defineReceiver,
  type ExporterDefinition,
  type ProcessorDefinition,
} from '../../src/component/component.ts';

const nothing = { process() {} };

/** One small component of each kind, for tests of what is printed about components. */
export const sampleCatalog: Catalog = {
  receivers: new Map([
    [
      'doorbell',
      defineReceiver({
        type: 'doorbell',
        stability: 'stable',
        summary: 'Rings when somebody is at the door.',
        example: { listen: 'tcp://0.0.0.0:5514' },
        schema: {
          type: 'object',
          additionalProperties: false,
          required: ['listen'],
          properties: {
            max_size: { type: 'number', format: 'size', default: 65_536, minimum: 480, description: 'Longest ring.' },
            listen: {
              type: 'array',
              items: { type: 'string', format: 'listen' },
              orOne: true,
              description: 'Where the door is.',
            },
          },
        },
        create: () => ({ start: async () => {}, stop: async () => {} }),
      }),
    ],
  ]),
  processors: new Map<string, ProcessorDefinition>([
    [
      'filter',
      defineProcessor({
        type: 'filter',
        stability: 'stable',
        summary: 'Lets some through.',
        example: { min_level: 'warning' },
        schema: {
          type: 'object',
          additionalProperties: false,
          properties: {
            min_level: { type: 'string', enum: ['info', 'warning', 'error'], description: 'Least level.' },
            when: { type: 'string', format: 'expression', description: 'What must be true.' },
          },
        },
        create: () => nothing,
      }),
    ],
    [
      'ratelimit',
      defineProcessor({
        type: 'ratelimit',
        stability: 'beta',
        summary: 'Lets so many through.',
        example: { max_per_window: 10, window: '1h' },
        schema: {
          type: 'object',
          additionalProperties: false,
          required: ['max_per_window', 'window'],
          properties: {
            max_per_window: { type: 'integer', minimum: 1, description: 'How many.' },
            window: { type: 'number', format: 'duration', description: 'In how long.' },
            by: { type: 'array', items: { type: 'string' }, default: ['level'], description: 'Of what.' },
          },
        },
        create: () => nothing,
      }),
    ],
  ]),
  exporters: new Map<string, ExporterDefinition>([
    [
      'pigeon',
      defineExporter({
        type: 'pigeon',
        stability: 'alpha',
        summary: 'Sends a pigeon.',
        audience: 'people',
        example: { token: '${env:PIGEON_TOKEN}' },
        schema: {
          type: 'object',
          additionalProperties: false,
          required: ['token'],
          properties: {
            token: { type: 'string', writeOnly: true, description: 'The pigeon’s ring.' },
            retry: {
              type: 'object',
              additionalProperties: false,
              default: {},
              description: 'When to send another.',
              properties: {
                max_interval: {
                  type: 'number',
                  format: 'duration',
                  default: 90_000,
                  exclusiveMinimum: 0,
                  description: 'Longest wait.',
                },
              },
            },
            rules: {
              type: 'array',
              items: {
                type: 'object',
                additionalProperties: false,
                properties: { value: { type: 'integer', minimum: 1, maximum: 5, description: 'How heavy.' } },
              },
              description: 'By weight.',
            },
            extra: { type: 'object', additionalProperties: { type: 'string' }, description: 'Anything else.' },
          },
        },
        create: () => ({ encode: () => [], send: async () => ({ kind: 'sent' }) }),
      }),
    ],
  ]),
  formats: {},
};
