/**
 * loki: sends events to Grafana Loki, a stream for each set of labels.
 *
 * Which labels? Loki keeps a stream for every combination of their values: few and steady ones, such
 * as level and source. The rest of an event goes along as structured metadata, which costs no stream.
 * https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs
 */
import { defineExporter, type Encoded, type Exporter, type OptionProblem } from '../component/component.ts';
import { newMetadata, type Event, type Metadata } from '../component/event.ts';
import type { ConfigOf, ConfigSchema } from '../component/schema.ts';
import { stringifyEvent } from '../lib/event-json.ts';
import { secretsOfUrl } from '../lib/excerpt.ts';
import { authorizationOf, authProblems, authProperty, secretsOfAuth } from '../lib/http-auth.ts';
import { HttpClient, verdictOf } from '../lib/http-client.ts';
import { allDetailsOf } from '../lib/layout.ts';
import { compileTemplate } from '../lib/template.ts';
import { titledMessage } from '../lib/titled-message.ts';
import { credentialProblems, transportProblems } from '../lib/transport-problems.ts';
import { trustProperties } from '../lib/trust-options.ts';
import { cut } from '../lib/visible.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: {
    url: {
      type: 'string',
      format: 'uri',
      description: 'Base URL, such as http://localhost:3100; /loki/api/v1/push is added unless it is there.',
    },
    labels: {
      type: 'object',
      additionalProperties: { type: 'string', format: 'template' },
      default: { job: 'lnmt', level: '{level}', source: '{source}' },
      description:
        'Labels of a stream: names and texts with placeholders. Few and steady values: Loki keeps a stream for every combination.',
      examples: [{ job: 'lnmt', level: '{level}', host: '{metadata.hostname}' }],
    },
    line: {
      type: 'string',
      enum: ['message', 'json'],
      default: 'message',
      description:
        'What the log line is: the message (after the title, unless it begins with that), or the documented event as JSON.',
    },
    template: {
      type: 'string',
      format: 'template',
      minLength: 1,
      description: 'The log line instead, with placeholders such as {title}.',
    },
    structured_metadata: {
      type: 'boolean',
      default: true,
      description:
        'Sends the event’s id, type, tags and metadata as structured metadata. Loki before 3.0 has to be set up for it.',
    },
    tenant: { type: 'string', minLength: 1, description: 'Tenant of a Loki that has several (X-Scope-OrgID).' },
    auth: authProperty,
    max_body: {
      type: 'integer',
      format: 'size',
      minimum: 1_024,
      maximum: 104_857_600,
      default: 3_000_000,
      description:
        'Bytes of one request at the most. Loki takes up to 4MB a second and tenant unless it is set up otherwise.',
    },
    ...trustProperties,
  },
} as const satisfies ConfigSchema;

type Options = ConfigOf<typeof schema>;

/** Loki's own limits are 256KB a line (three bytes a character at the most), 2,048 a label, 128 entries and 64KB of structured metadata. */
const MAX_LINE = 85_000;
const MAX_LABEL = 1_024;
const MAX_METADATA = 100;
const MAX_METADATA_VALUE = 512;

/** Loki takes no stream without a label: for events on which every label is empty. */
const NO_LABELS = '{"job":"lnmt"}';

const PUSH_PATH = '/loki/api/v1/push';

export default defineExporter({
  type: 'loki',
  stability: 'beta',
  summary: 'Sends events to Grafana Loki.',
  audience: 'store',
  batch: { maxEvents: 500, maxWaitMs: 1_000 },
  threaded: true,
  schema,
  example: { url: 'https://loki.example.com', labels: { job: 'lnmt', level: '{level}' }, tenant: 'ops' },
  check,
  create(options, { clock }): Exporter<string> {
    const { auth, tenant, verify_ssl: verifySsl, ca_file: caFile } = options;
    const client = new HttpClient({ url: pushUrl(options.url), verifySsl, caFile });
    const headers = {
      'content-type': 'application/json',
      ...(tenant !== undefined && { 'x-scope-orgid': tenant }),
      ...(auth && { authorization: authorizationOf(auth) }),
    };
    const secrets = [...secretsOfAuth(auth), ...secretsOfUrl(options.url)];
    return {
      encode: encoder(options),
      async send(body, signal) {
        const answer = await client.post(body, headers, signal);
        return 'kind' in answer ? answer : verdictOf(answer, clock.now(), secrets);
      },
      stop: () => client.close(),
    };
  },
});

interface Entry {
  /** The labels as JSON: what puts entries into one stream. */
  readonly stream: string;
  readonly value: string;
}

function encoder(options: Options): (events: readonly Event[]) => Encoded<string>[] {
  const entryOf = entries(options);
  return (events) => {
    const requests: Encoded<string>[] = [];
    let streams = new Map<string, string[]>();
    let size = 0;
    let count = 0;
    const flush = (): void => {
      if (count > 0) requests.push({ request: bodyOf(streams), events: count });
      streams = new Map();
      size = 0;
      count = 0;
    };
    for (const event of events) {
      const { stream, value } = entryOf(event);
      // The labels are only written once a stream: this reckons a little too much.
      const length = Buffer.byteLength(value) + Buffer.byteLength(stream) + 32;
      if (size + length > options.max_body) flush();
      const values = streams.get(stream);
      if (values) values.push(value);
      else streams.set(stream, [value]);
      size += length;
      count += 1;
    }
    flush();
    return requests;
  };
}

function bodyOf(streams: ReadonlyMap<string, readonly string[]>): string {
  const parts = Array.from(streams, ([stream, values]) => `{"stream":${stream},"values":[${values.join(',')}]}`);
  return `{"streams":[${parts.join(',')}]}`;
}

function entries(options: Options): (event: Event) => Entry {
  const labels = Object.entries(options.labels).map(([name, text]) => ({ name, text: compileTemplate(text) }));
  const lineOf =
    options.template === undefined
      ? options.line === 'json'
        ? stringifyEvent
        : titledMessage
      : compileTemplate(options.template);
  return (event) => {
    const stream = newMetadata();
    for (const { name, text } of labels) {
      const value = text(event);
      // Loki takes an empty label for none.
      if (value !== '') stream[name] = cut(value, MAX_LABEL);
    }
    const value = [`${Math.max(0, Math.floor(event.timestamp))}000000`, cut(lineOf(event), MAX_LINE)];
    const metadata = options.structured_metadata ? `,${JSON.stringify(metadataOf(event))}` : '';
    const labelled = JSON.stringify(stream);
    return {
      stream: labelled === '{}' ? NO_LABELS : labelled,
      value: `${JSON.stringify(value).slice(0, -1)}${metadata}]`,
    };
  };
}

/** Names as Prometheus has them; the event's own win. */
function metadataOf(event: Event): Metadata {
  const metadata = newMetadata();
  for (const [name, value] of allDetailsOf(event).slice(0, MAX_METADATA)) {
    if (name !== 'raw') metadata[name.slice(0, 128).replaceAll(/^\d|\W/g, '_')] = cut(value, MAX_METADATA_VALUE);
  }
  metadata['event_id'] = event.eventId;
  metadata['event_type'] = event.eventType;
  if (event.tags.length > 0) metadata['tags'] = cut(event.tags.join(','), MAX_METADATA_VALUE);
  return metadata;
}

function pushUrl(text: string): string {
  const url = new URL(text);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith(PUSH_PATH) ? path : path + PUSH_PATH;
  return url.href;
}

function check(options: Options): OptionProblem[] {
  const problems = [
    ...authProblems(options.auth),
    ...transportProblems(options, options.auth ? 'the credentials' : undefined),
  ];
  problems.push(...credentialProblems(options.url, 'url', 'auth'));
  const names = Object.keys(options.labels);
  if (names.length === 0)
    problems.push({
      severity: 'error',
      message: 'Loki takes no stream without a label: set one, such as job',
      path: ['labels'],
    });
  for (const name of names) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) continue;
    problems.push({
      severity: 'error',
      message: `a label is named with letters, digits and _ only, not ${JSON.stringify(name)}`,
      path: ['labels', name],
    });
  }
  const busy = Object.entries(options.labels).find(([, text]) =>
    /\{+\s*(?:event_id|timestamp|title|message)\s*\}/.test(text),
  );
  if (busy) {
    const message =
      'this label is another one for nearly every event, and Loki keeps a stream for each: leave it to the structured metadata';
    problems.push({ severity: 'hint', message, path: ['labels', busy[0]] });
  }
  return problems;
}
