/**
 * otlphttp: sends events as OpenTelemetry logs, to a collector or a vendor that takes OTLP over HTTP.
 *
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import {
  defineExporter,
  type Encoded,
  type Exporter,
  type OptionProblem,
  type Verdict,
} from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { ConfigSchema } from '../component/schema.ts';
import { secretsOfUrl } from '../lib/excerpt.ts';
import { headerProblems } from '../lib/header-problems.ts';
import { HttpClient } from '../lib/http-client.ts';
import { writeLogs } from '../lib/otlp/write-protobuf.ts';
import { credentialProblems, transportProblems } from '../lib/transport-problems.ts';
import { trustProperties } from '../lib/trust-options.ts';
import { ANSWER_ENCODING, partialSuccess, verdictOfOtlp, type PartialSuccess } from './otlphttp/answer.ts';
import { logsRequest } from './otlphttp/records.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['endpoint'],
  properties: {
    endpoint: {
      type: 'string',
      format: 'uri',
      description: 'Base URL, such as http://localhost:4318; /v1/logs is added unless it is there.',
    },
    encoding: {
      type: 'string',
      enum: ['proto', 'json'],
      default: 'proto',
      description: 'How records are written: protobuf, or JSON.',
    },
    compression: {
      type: 'string',
      enum: ['gzip', 'none'],
      default: 'gzip',
      description: 'How requests are compressed.',
    },
    headers: {
      type: 'object',
      additionalProperties: { type: 'string', writeOnly: true },
      default: {},
      description: 'Headers of every request, such as an API key. Secrets: use ${env:…}.',
      examples: [{ 'api-key': '${env:OTLP_API_KEY}' }],
    },
    max_body: {
      type: 'integer',
      format: 'size',
      minimum: 1_024,
      maximum: 268_435_456,
      default: 4_194_304,
      description: 'Bytes of one request at the most, before compression.',
    },
    ...trustProperties,
  },
} as const satisfies ConfigSchema;

interface Export {
  readonly body: string | Buffer;
  readonly records: number;
}

const compress = promisify(gzip);
const FAST = { level: constants.Z_BEST_SPEED };

/** How often, at the most, a destination that rejects records is logged. */
const WARN_EVERY_MS = 60_000;

export default defineExporter({
  type: 'otlphttp',
  stability: 'beta',
  summary: 'Sends events as OpenTelemetry logs over HTTP.',
  audience: 'store',
  batch: { maxEvents: 512, maxWaitMs: 1_000 },
  threaded: true,
  schema,
  example: { endpoint: 'https://otel.example.com:4318', headers: { authorization: 'Bearer ${env:OTLP_TOKEN}' } },
  check: (options): OptionProblem[] => [
    ...transportProblems(options, Object.keys(options.headers).length > 0 ? 'the headers' : undefined),
    ...headerProblems(options.headers),
    ...credentialProblems(options.endpoint, 'endpoint', 'an authorization header'),
  ],
  create(options, { clock, counter, log }): Exporter<Export> {
    const { encoding, verify_ssl: verifySsl, ca_file: caFile, max_body: maxBytes } = options;
    const client = new HttpClient({ url: logsUrl(options.endpoint), verifySsl, caFile, encoding: ANSWER_ENCODING });
    const secrets = [...Object.values(options.headers), ...secretsOfUrl(options.endpoint)];
    const gzipped = options.compression === 'gzip';
    const headers = {
      ...options.headers,
      'content-type': encoding === 'proto' ? 'application/x-protobuf' : 'application/json',
      ...(gzipped && { 'content-encoding': 'gzip' }),
    };
    const write = encoding === 'proto' ? writeLogs : JSON.stringify;
    const rejections = counter('rejected_records', 'Records that an OTLP server rejected out of a request it took.');
    let warnAgainAt = 0;

    /** A request that is taken in part may not be sent again, and nobody says which records were meant. */
    function verdictOfPartial({ rejected, message }: PartialSuccess, records: number): Verdict {
      if (rejected >= records) return { kind: 'refused', reason: `rejected all of its records: ${message}` };
      if (rejected > 0) rejections.add(rejected);
      if ((rejected > 0 || message !== '') && clock.monotonic() >= warnAgainAt) {
        warnAgainAt = clock.monotonic() + WARN_EVERY_MS;
        log.warn(rejected > 0 ? `the server rejected ${rejected} of ${records} records` : 'the server warns', {
          said: message,
        });
      }
      return { kind: 'sent' };
    }

    return {
      encode: (events) => encode(events, (some) => write(logsRequest(some)), maxBytes),
      async send({ body, records }, signal) {
        const answer = await client.post(gzipped ? await compress(body, FAST) : body, headers, signal);
        if ('kind' in answer) return answer;
        const verdict = verdictOfOtlp(answer, clock.now(), secrets);
        return verdict.kind === 'sent' && answer.text !== ''
          ? verdictOfPartial(partialSuccess(answer, secrets), records)
          : verdict;
      },
      stop: () => client.close(),
    };
  },
});

function logsUrl(endpoint: string): string {
  const url = new URL(endpoint);
  const path = url.pathname.replace(/\/+$/, '');
  if (!path.endsWith('/v1/logs')) url.pathname = `${path}/v1/logs`;
  return url.href;
}

/** Halves what is too long for one request until it fits. A single record that is longer goes alone. */
function encode(
  events: readonly Event[],
  write: (events: readonly Event[]) => string | Buffer,
  maxBytes: number,
): Encoded<Export>[] {
  const { length } = events;
  if (length === 0) return [];
  const body = write(events);
  if (length === 1 || Buffer.byteLength(body) <= maxBytes)
    return [{ request: { body, records: length }, events: length }];
  return [
    ...encode(events.slice(0, length >> 1), write, maxBytes),
    ...encode(events.slice(length >> 1), write, maxBytes),
  ];
}
