/**
 * elasticsearch: indexes events in Elasticsearch or OpenSearch, through the bulk API.
 *
 * Can an event be there twice? No: its id is the document's, and a repeat answers 409, which is a
 * success. Documents are only ever created, so data streams work too.
 * https://www.elastic.co/guide/en/elasticsearch/reference/current/docs-bulk.html
 */
import { createHash } from 'node:crypto';
import { defineExporter, type Encoded, type Exporter, type OptionProblem } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { ConfigOf, ConfigSchema } from '../component/schema.ts';
import { rfc3339, stringifyEvent } from '../lib/event-json.ts';
import { secretsOfUrl } from '../lib/excerpt.ts';
import { authorizationOf, authProblems, authProperty, secretsOfAuth } from '../lib/http-auth.ts';
import { HttpClient, retryAfterMs, verdictOf } from '../lib/http-client.ts';
import { packed } from '../lib/packed.ts';
import { credentialProblems, transportProblems } from '../lib/transport-problems.ts';
import { trustProperties } from '../lib/trust-options.ts';
import { verdictOfBulk } from './elasticsearch/bulk-answer.ts';
import { indexNamer, problemWithIndex } from './elasticsearch/index-name.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: {
    url: {
      type: 'string',
      format: 'uri',
      description: 'Base URL, such as https://localhost:9200; /_bulk is added unless it is there.',
    },
    index: {
      type: 'string',
      format: 'template',
      minLength: 1,
      default: 'logs-lnmt-default',
      description:
        'Index or data stream. {date} is the event’s day (2026.01.31, UTC) and {source} or {metadata.team} a value of the event, cleaned; an event whose name comes out invalid is refused.',
      examples: ['lnmt-{date}', 'logs-{metadata.team}-prod'],
    },
    pipeline: { type: 'string', minLength: 1, description: 'Ingest pipeline to run the documents through.' },
    api_key: {
      type: 'string',
      minLength: 1,
      writeOnly: true,
      description: 'API key, in its encoded form. A secret: use ${env:…}. It wins over auth.',
    },
    auth: authProperty,
    max_body: {
      type: 'integer',
      format: 'size',
      minimum: 1_024,
      maximum: 104_857_600,
      default: 10_000_000,
      description: 'Bytes of one request at the most. Elasticsearch takes up to 100MB unless it is set up otherwise.',
    },
    ...trustProperties,
  },
} as const satisfies ConfigSchema;

type Options = ConfigOf<typeof schema>;

/** One request: documents to create, or why an event can be none. */
type Bulk = { readonly body: string; readonly events: number } | { readonly refused: string };

/** Of an answer only what decides: 60 bytes a document, in place of 250. */
const FILTER = 'filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason';

/** Enough for what the filter leaves of ten thousand refusals. */
const MAX_ANSWER_BYTES = 8_388_608;

export default defineExporter({
  type: 'elasticsearch',
  stability: 'beta',
  summary: 'Indexes events in Elasticsearch or OpenSearch.',
  audience: 'store',
  batch: { maxEvents: 500, maxWaitMs: 1_000 },
  threaded: true,
  schema,
  example: { url: 'https://search.example.com:9200', index: 'lnmt-{date}', api_key: '${env:ELASTIC_API_KEY}' },
  check,
  create(options, { clock }): Exporter<Bulk> {
    const { auth, api_key: apiKey, verify_ssl: verifySsl, ca_file: caFile } = options;
    const client = new HttpClient({ url: bulkUrl(options), verifySsl, caFile, maxAnswerBytes: MAX_ANSWER_BYTES });
    const authorization = apiKey === undefined ? auth && authorizationOf(auth) : `ApiKey ${apiKey}`;
    const headers = { 'content-type': 'application/x-ndjson', ...(authorization !== undefined && { authorization }) };
    const secrets = [...(apiKey === undefined ? [] : [apiKey]), ...secretsOfAuth(auth), ...secretsOfUrl(options.url)];
    const indexByEvent = /\{(?!date\})/.test(options.index);
    return {
      encode: encoder(options),
      async send(bulk, signal) {
        signal.throwIfAborted();
        if ('refused' in bulk) return { kind: 'refused', reason: bulk.refused };
        const answer = await client.post(bulk.body, headers, signal);
        if ('kind' in answer) return answer;
        if (answer.status !== 200) return verdictOf(answer, clock.now(), secrets);
        const notBeforeMs = retryAfterMs(answer.headers['retry-after'], clock.now());
        return verdictOfBulk(answer.text, { events: bulk.events, indexByEvent, secrets, notBeforeMs });
      },
      stop: () => client.close(),
    };
  },
});

/** Two lines an event. One without a valid index name parts the batch: it is refused on its own. */
function encoder({ index, max_body: maxBytes }: Options): (events: readonly Event[]) => Encoded<Bulk>[] {
  const nameOf = indexNamer(index);
  return (events) => {
    const requests: Encoded<Bulk>[] = [];
    let documents: string[] = [];
    const flush = (): void => {
      for (const { request: body, events } of packed(documents, maxBytes))
        requests.push({ request: { body, events }, events });
      documents = [];
    };
    for (const event of events) {
      const name = nameOf(event);
      const refused = problemWithIndex(name);
      if (refused === undefined) {
        documents.push(`${action(name, event.eventId)}\n${documentOf(event)}\n`);
      } else {
        flush();
        requests.push({ request: { refused }, events: 1 });
      }
    }
    flush();
    return requests;
  };
}

function action(index: string, eventId: string): string {
  return JSON.stringify({ create: { _index: index, ...(eventId !== '' && { _id: idOf(eventId) }) } });
}

/** An id has 512 bytes at the most. */
function idOf(eventId: string): string {
  return Buffer.byteLength(eventId) <= 512 ? eventId : createHash('sha256').update(eventId).digest('hex');
}

/** The documented event, with the time stamp under the name that data streams and dashboards need. */
function documentOf(event: Event): string {
  return `{"@timestamp":"${rfc3339(event.timestamp)}",${stringifyEvent(event).slice(1)}`;
}

function bulkUrl({ url, pipeline }: Options): string {
  const bulk = new URL(url);
  const path = bulk.pathname.replace(/\/+$/, '');
  bulk.pathname = path.endsWith('/_bulk') ? path : `${path}/_bulk`;
  if (pipeline !== undefined) bulk.searchParams.set('pipeline', pipeline);
  // Its commas and stars need no escapes.
  bulk.search = [bulk.search.slice(1), FILTER].filter((part) => part !== '').join('&');
  return bulk.href;
}

function check(options: Options): OptionProblem[] {
  const { api_key: apiKey, auth, index } = options;
  const problems = [
    ...authProblems(auth),
    ...transportProblems(options, (apiKey ?? auth) ? 'the credentials' : undefined),
  ];
  if (apiKey !== undefined && auth)
    problems.push({ severity: 'hint', message: 'api_key wins over auth: remove one of them', path: ['auth'] });
  problems.push(...credentialProblems(options.url, 'url', 'auth'));
  const problem = /[{}]/.test(index) ? undefined : problemWithIndex(index);
  if (problem !== undefined) problems.push({ severity: 'error', message: problem, path: ['index'] });
  return problems;
}
