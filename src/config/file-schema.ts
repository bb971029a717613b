/**
 * The JSON Schema of the whole file, for editors: completion, hover texts, and squiggles while one
 * types. Draft 7, which yaml-language-server knows best. It is a little more generous than the
 * check: wherever a value may come from `${…}`, a text passes.
 */
import type { Catalog } from '../component/catalog.ts';
import type { ConfigSchema, Field } from '../component/schema.ts';
import { formatDuration } from '../lib/duration.ts';
import { formatSize } from '../lib/size.ts';
import type { AnyDefinition } from './components.ts';
import { serviceSchema } from './service-schema.ts';

type Json = Readonly<Record<string, unknown>>;

const REFERENCE = { type: 'string', pattern: '\\$\\{(env|file):' } as const;
const DURATION = '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$|^\\d+(\\.\\d+)?$|\\$\\{(env|file):';
const SIZE = '^\\d+(\\.\\d+)? ?([kKmMgGtT]i?)?[bB]$|^\\d+$|\\$\\{(env|file):';

export function fileSchema(catalog: Catalog): Json {
  const { receivers, processors, exporters } = catalog;
  const exporterBlock = block('exporter', exporters, 'Destinations: id → options.');
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'lnmt-collector pipeline file',
    type: 'object',
    additionalProperties: false,
    patternProperties: { '^x-': { description: 'Ignored: a place for YAML anchors.' } },
    properties: {
      receivers: block('receiver', receivers, 'Where events come from: id → options.'),
      processors: block('processor', processors, 'Named processors: id → options.'),
      exporters: exporterBlock,
      connectors: {
        ...exporterBlock,
        description: 'The same block as exporters, under the name of the LNMT documentation.',
      },
      pipelines: pipelines(processors),
      service: object(serviceSchema, {
        record: {
          anyOf: [{ type: 'boolean' }, object(serviceSchema.properties.record)],
          description: serviceSchema.properties.record.description,
        },
      }),
      include: {
        ...oneOrMore({ type: 'string' }),
        description: 'Fragments with the same blocks, merged; relative to this file.',
        examples: [['conf.d/*.yaml']],
      },
      tests: TESTS,
    },
    definitions: {
      ...definitions('receiver', receivers),
      ...definitions('processor', processors),
      ...definitions('exporter', exporters),
    },
  };
}

function nameOf(kind: string, type: string): string {
  return `${kind}.${type}`;
}

function reference(kind: string, type: string): Json {
  return { $ref: `#/definitions/${nameOf(kind, type)}` };
}

function definitions(kind: string, types: ReadonlyMap<string, AnyDefinition>): Json {
  return Object.fromEntries(
    [...types].map(([type, { schema, summary }]) => {
      const own = {
        type: { type: 'string', enum: [type], description: 'The component type, where the id does not say it.' },
        enabled: ENABLED,
      };
      return [nameOf(kind, type), { ...object(schema, own), description: summary }];
    }),
  );
}

const ENABLED = {
  anyOf: [{ type: 'boolean' }, REFERENCE],
  default: true,
  description: 'false keeps it checked and listed, but not started.',
};

/** An id that says its type completes at once; a free name as soon as its `type:` is there. */
function block(kind: string, types: ReadonlyMap<string, AnyDefinition>, description: string): Json {
  return {
    type: ['object', 'null'],
    description,
    defaultSnippets: [...types.values()].map(({ type, summary, example }) => ({
      label: type,
      description: summary,
      body: { [type]: example },
    })),
    patternProperties: Object.fromEntries(
      [...types.keys()].map((type) => [`^${escape(type)}(/.*)?$`, reference(kind, type)]),
    ),
    additionalProperties: {
      type: 'object',
      required: ['type'],
      properties: { type: { type: 'string', enum: [...types.keys()], description: `The ${kind} type of this name.` } },
      allOf: [...types.keys()].map((type) =>
        when({ required: ['type'], properties: { type: { const: type } } }, reference(kind, type)),
      ),
    },
  };
}

/** `if` and `then`, by name: an object literal with a `then` looks like a promise. */
function when(condition: Json, consequence: Json): Json {
  return Object.fromEntries(new Map([['if', condition]]).set('then', consequence));
}

function pipelines(processors: ReadonlyMap<string, AnyDefinition>): Json {
  const inPlace = {
    type: 'object',
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: false,
    properties: Object.fromEntries([...processors.keys()].map((type) => [type, reference('processor', type)])),
  };
  return {
    type: ['object', 'null'],
    description: 'Name → what flows where. Without this block, every receiver feeds every exporter.',
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      required: ['exporters'],
      properties: {
        receivers: { ...oneOrMore({ type: 'string' }), description: 'Ids of receivers.' },
        processors: {
          ...oneOrMore({ anyOf: [{ type: 'string' }, inPlace] }),
          description: 'In this order: ids of named processors, or `type: options` written in place.',
        },
        exporters: {
          ...oneOrMore({ type: 'string' }),
          description: 'Ids of exporters; pipeline/NAME feeds another pipeline.',
        },
      },
    },
  };
}

const TESTS: Json = {
  type: ['array', 'null'],
  description: 'Run by `check`: what goes in, and what must come out at each exporter.',
  items: {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', description: 'What should hold, as a sentence.' },
      at: { type: 'string', description: 'What time it is when the test begins, such as 2026-10-11T22:14:15Z.' },
      answers: {
        type: 'object',
        description:
          'Exporter id → what its destination answers, in turn: 200, timeout, {status: 429, retry_after: 30s}; then 200.',
      },
      input: {
        type: 'array',
        description: 'Steps, in their order.',
        items: {
          type: 'object',
          additionalProperties: false,
          properties: {
            receiver: { type: 'string', description: 'Id of the receiver that takes `raw`.' },
            raw: {
              type: 'string',
              description: 'The bytes that come in: a datagram, lines of a file, the body of a request.',
            },
            from: { type: 'string', description: 'The sender’s address, or the file’s path.' },
            pipeline: { type: 'string', description: 'Name of the pipeline that takes `event`.' },
            event: { type: 'object', description: 'An event’s fields.' },
            times: { type: 'integer', minimum: 0, description: 'How often it comes in; once unless said.' },
            advance: { type: ['string', 'number'], pattern: DURATION, description: 'Lets so much time go by.' },
          },
        },
      },
      expect: {
        type: 'object',
        description:
          'Exporter id → what its destination must have taken, in order: how many, or a list of events (of which the written fields matter); or {sent, dead_lettered, waiting, requests}.',
      },
    },
  },
};

function oneOrMore(items: Json): Json {
  return { anyOf: [items, { type: 'array', items }, { type: 'null' }] };
}

function object(schema: ConfigSchema, more: Json = {}): Json {
  const properties = Object.fromEntries(
    Object.entries(schema.properties).map(([name, field]) => [name, fieldSchema(field)]),
  );
  return {
    type: ['object', 'null'],
    additionalProperties: false,
    ...(schema.required ? { required: schema.required } : {}),
    properties: { ...properties, ...more },
  };
}

function fieldSchema(field: Field): Json {
  const { description } = field;
  const examples = 'examples' in field && field.examples ? { examples: field.examples } : {};
  const about = { ...(description === undefined ? {} : { description }), ...examples };
  if (typeof field.type !== 'string') return about;
  switch (field.type) {
    case 'object':
      return {
        ...('properties' in field
          ? object(field)
          : { type: ['object', 'null'], additionalProperties: fieldSchema(field.additionalProperties) }),
        ...about,
      };
    case 'array': {
      const items = fieldSchema(field.items);
      const list = {
        type: ['array', 'null'],
        items,
        ...(field.minItems === undefined ? {} : { minItems: field.minItems }),
      };
      return { ...(field.orOne ? { anyOf: [items, list] } : list), ...defaultOf(field.default), ...about };
    }
    case 'boolean':
      return { anyOf: [{ type: 'boolean' }, REFERENCE], ...defaultOf(field.default), ...about };
    case 'string': {
      const { enum: values, minLength, maxLength, pattern, writeOnly } = field;
      if (values)
        return { anyOf: [{ type: 'string', enum: values }, REFERENCE], ...defaultOf(field.default), ...about };
      const rules = Object.entries({
        minLength,
        maxLength,
        pattern: pattern === undefined ? undefined : `${pattern}|\\$\\{(env|file):`,
        writeOnly,
      });
      return {
        type: 'string',
        ...Object.fromEntries(rules.filter(([, rule]) => rule !== undefined)),
        ...defaultOf(field.default),
        ...about,
      };
    }
    default:
      return { ...number(field), ...about };
  }
}

function number(field: Extract<Field, { type: 'number' | 'integer' }>): Json {
  const { format, default: value, minimum, maximum, exclusiveMinimum } = field;
  if (format === 'duration')
    return {
      type: ['string', 'number'],
      minimum: 0,
      pattern: DURATION,
      ...defaultOf(value === undefined ? value : formatDuration(value)),
    };
  if (format === 'size')
    return {
      type: ['string', 'integer'],
      minimum: 0,
      pattern: SIZE,
      ...defaultOf(value === undefined ? value : formatSize(value)),
    };
  const limits = Object.fromEntries(
    Object.entries({ minimum, maximum, exclusiveMinimum }).filter(([, limit]) => limit !== undefined),
  );
  return { anyOf: [{ type: field.type, ...limits }, REFERENCE], ...defaultOf(value) };
}

/** Nested defaults (`{}`) say nothing to a reader. */
function defaultOf(value: unknown): Json {
  return value === undefined ? {} : { default: value };
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
