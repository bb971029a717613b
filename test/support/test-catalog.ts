import type { Catalog, FormatCheck } from '../../src/component/catalog.ts';
import {
  defineExporter,
  defineProcessor,
  defineReceiver,
  type ExporterDefinition,
  type ProcessorDefinition,
  type ReceiverDefinition,
} from '../../src/component/component.ts';
import { batchProperty, deliveryProperties } from '../../src/component/delivery-options.ts';
import { LEVELS } from '../../src/component/event.ts';
import type { ConfigSchema } from '../../src/component/schema.ts';

const nothing = { start: () => Promise.resolve(), stop: () => Promise.resolve() };
const passes = { process() {} };
const sends = { encode: () => [], send: () => Promise.resolve({ kind: 'sent' } as const) };
const described = { stability: 'stable', summary: 'For tests.', example: {} } as const;

const syslogReceiver = defineReceiver({
  ...described,
  type: 'syslog',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['listen'],
    properties: {
      listen: {
        type: 'array',
        orOne: true,
        minItems: 1,
        items: { type: 'string', format: 'listen' },
        description: 'Addresses.',
      },
      format: { type: 'string', enum: ['auto', 'rfc3164', 'rfc5424'], default: 'auto', description: 'Format.' },
      max_message_size: {
        type: 'number',
        format: 'size',
        minimum: 480,
        default: 65_536,
        description: 'Longest message.',
      },
      idle_timeout: { type: 'number', format: 'duration', default: 60_000, minimum: 1, description: 'Idle.' },
      tls: {
        type: 'object',
        additionalProperties: false,
        required: ['cert_file'],
        description: 'TLS.',
        properties: {
          cert_file: { type: 'string', description: 'Certificate.' },
          client_auth: { type: 'boolean', default: false, description: 'Ask for one.' },
        },
      },
    },
  },
  create: () => nothing,
});

const fileReceiver = defineReceiver({
  ...described,
  type: 'file',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['include'],
    properties: {
      include: { type: 'array', minItems: 1, items: { type: 'string', format: 'glob' }, description: 'Patterns.' },
    },
  },
  create: () => nothing,
});

const filter = defineProcessor({
  ...described,
  type: 'filter',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      min_level: { type: 'string', enum: LEVELS, description: 'Least level.' },
      event_types: { type: 'array', items: { type: 'string' }, description: 'Types.' },
      required_tags: { type: 'array', items: { type: 'string' }, description: 'Tags.' },
      when: { type: 'string', format: 'expression', description: 'Condition.' },
    },
  },
  create: () => passes,
});

const ratelimit = defineProcessor({
  ...described,
  type: 'ratelimit',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['max_per_window', 'window'],
    properties: {
      max_per_window: { type: 'integer', minimum: 1, description: 'Events.' },
      window: { type: 'number', format: 'duration', exclusiveMinimum: 0, description: 'Window.' },
      by: {
        type: 'array',
        orOne: true,
        items: { type: 'string', format: 'field' },
        default: ['event_type', 'level'],
        description: 'Key.',
      },
    },
  },
  check: ({ by }) => (by.length === 0 ? [{ severity: 'hint', message: 'one window for all', path: ['by'] }] : []),
  create: () => passes,
});

const enrich = defineProcessor({
  ...described,
  type: 'enrich',
  mutates: true,
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      set: {
        type: 'object',
        additionalProperties: { type: ['string', 'number', 'boolean', 'null', 'array', 'object'] },
        default: {},
        description: 'Values.',
      },
      tags: { type: 'array', items: { type: 'string' }, default: [], description: 'Tags.' },
    },
  },
  create: () => passes,
});

const slack = defineExporter({
  ...described,
  type: 'slack',
  audience: 'people',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['webhook_url'],
    properties: {
      webhook_url: { type: 'string', format: 'uri', writeOnly: true, description: 'Webhook.' },
      channel: { type: 'string', description: 'Channel.' },
      username: { type: 'string', description: 'Name.' },
      icon_emoji: { type: 'string', description: 'Emoji.' },
    },
  },
  create: () => sends,
});

const discord = defineExporter({
  ...described,
  type: 'discord',
  audience: 'people',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['webhook_url'],
    properties: {
      webhook_url: { type: 'string', format: 'uri', writeOnly: true, description: 'Webhook.' },
      username: { type: 'string', description: 'Name.' },
      avatar_url: { type: 'string', format: 'uri', description: 'Picture.' },
    },
  },
  create: () => sends,
});

const syslogExporter = defineExporter({
  ...described,
  type: 'syslog',
  audience: 'store',
  take: 64,
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['host'],
    properties: {
      host: { type: 'string', minLength: 1, description: 'Host.' },
      port: { type: 'integer', minimum: 1, maximum: 65_535, default: 514, description: 'Port.' },
      protocol: { type: 'string', enum: ['udp', 'tcp', 'tls'], default: 'udp', description: 'Protocol.' },
      facility: { type: 'integer', minimum: 0, maximum: 23, default: 16, description: 'Facility.' },
    },
  },
  create: () => sends,
});

const http = defineExporter({
  ...described,
  type: 'http',
  audience: 'store',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: {
      url: { type: 'string', format: 'uri', description: 'URL.' },
      method: { type: 'string', enum: ['POST', 'PUT'], default: 'POST', description: 'Method.' },
      headers: { type: 'object', additionalProperties: { type: 'string' }, default: {}, description: 'Headers.' },
      verify_ssl: { type: 'boolean', default: true, description: 'Check certificates.' },
      auth: {
        type: 'object',
        additionalProperties: false,
        required: ['type'],
        description: 'Who we are.',
        properties: {
          type: { type: 'string', enum: ['basic', 'bearer'], description: 'Kind.' },
          username: { type: 'string', description: 'Name.' },
          password: { type: 'string', writeOnly: true, description: 'Password.' },
          token: { type: 'string', writeOnly: true, description: 'Token.' },
        },
      },
    },
  },
  check: ({ auth }) =>
    auth?.type === 'bearer' && auth.token === undefined
      ? [{ severity: 'error', message: 'auth of type bearer needs a token', path: ['auth'] }]
      : [],
  create: () => sends,
});

const email = defineExporter({
  ...described,
  type: 'email',
  audience: 'people',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['smtp_host', 'from_email', 'to_emails'],
    properties: {
      smtp_host: { type: 'string', description: 'Host.' },
      smtp_port: { type: 'integer', minimum: 1, maximum: 65_535, default: 587, description: 'Port.' },
      use_tls: { type: 'boolean', default: true, description: 'TLS.' },
      username: { type: 'string', description: 'Name.' },
      password: { type: 'string', writeOnly: true, description: 'Password.' },
      from_email: { type: 'string', format: 'email', description: 'Sender.' },
      to_emails: {
        type: 'array',
        orOne: true,
        minItems: 1,
        items: { type: 'string', format: 'email' },
        description: 'Recipients.',
      },
      subject_template: { type: 'string', format: 'template', default: '{title}', description: 'Subject.' },
    },
  },
  create: () => sends,
});

const elasticsearch = defineExporter({
  ...described,
  type: 'elasticsearch',
  audience: 'store',
  batch: { maxEvents: 500, maxWaitMs: 2_000 },
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: { url: { type: 'string', format: 'uri', description: 'URL.' } },
  },
  create: () => sends,
});

/** As the catalog of the collector gives exporters the options that all of them have. */
function withDelivery(definition: ExporterDefinition): ExporterDefinition {
  const schema: ConfigSchema = {
    ...definition.schema,
    properties: {
      ...definition.schema.properties,
      ...deliveryProperties,
      batch: batchProperty,
      filters: { ...filter.schema, description: 'What may pass.' },
      rate_limit: { ...ratelimit.schema, description: 'How much may pass.' },
    },
  };
  return { ...definition, schema };
}

const expression: FormatCheck = (text) => {
  const found = /\blevle\b/.exec(text);
  return found
    ? { message: 'there is no field levle', offset: found.index, length: 5, suggestion: 'level' }
    : undefined;
};

const byType = <D extends { readonly type: string }>(definitions: readonly D[]) =>
  new Map(definitions.map((definition) => [definition.type, definition]));

/** A small catalog with the documented exporters. */
export const testCatalog: Catalog = {
  receivers: byType<ReceiverDefinition>([syslogReceiver, fileReceiver]),
  processors: byType<ProcessorDefinition>([filter, ratelimit, enrich]),
  exporters: byType<ExporterDefinition>([slack, discord, syslogExporter, http, email, elasticsearch].map(withDelivery)),
  formats: {
    uri: (text) => (URL.canParse(text) ? undefined : { message: `"${text}" is no URL` }),
    listen: (text) =>
      /^(?:udp|tcp):\/\/[^/]+:\d+$/.test(text)
        ? undefined
        : { message: `"${text}" is no address such as udp://0.0.0.0:514`, offset: 0 },
    email: (text) => (text.includes('@') ? undefined : { message: `"${text}" is no mail address` }),
    address: (text) => (/:\d+$/.test(text) ? undefined : { message: `"${text}" is not host:port` }),
    expression,
  },
};
