/**
 * http: sends each event to an HTTP endpoint, as the documented JSON or in the words of a template.
 *
 * Was my event taken? Any 2xx means yes. 408, 429 and 5xx are tried again, when Retry-After allows;
 * 401, 403, 404, 405, 410, a moved URL and a bad certificate hold the queue until somebody mends
 * the options; any other answer refuses that event, which is then kept as a dead letter.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { defineExporter, type Exporter, type OptionProblem } from '../component/component.ts';
import type { ConfigOf, ConfigSchema } from '../component/schema.ts';
import { secretsOfUrl } from '../lib/excerpt.ts';
import { headerProblems } from '../lib/header-problems.ts';
import { authorizationOf, authProblems, authProperty, secretsOfAuth } from '../lib/http-auth.ts';
import { HttpClient, verdictOf } from '../lib/http-client.ts';
import { transportProblems } from '../lib/transport-problems.ts';
import { trustProperties } from '../lib/trust-options.ts';
import { bodies, CONTENT_TYPES } from './http/body.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: {
    url: {
      type: 'string',
      format: 'uri',
      writeOnly: true,
      description: 'Where to send. A secret where it has a token in it: use ${env:…}.',
    },
    method: {
      type: 'string',
      enum: ['POST', 'PUT', 'PATCH', 'GET', 'DELETE'],
      default: 'POST',
      description: 'HTTP method.',
    },
    headers: {
      type: 'object',
      additionalProperties: { type: 'string', writeOnly: true },
      default: {},
      description: 'Headers of every request. Secrets: use ${env:…}.',
      examples: [{ 'X-Source': 'LNMT' }],
    },
    auth: authProperty,
    format: {
      type: 'string',
      enum: ['json', 'ndjson', 'text'],
      default: 'json',
      description:
        'json: an event is an object, and with `batch` a request an array of them. ndjson: an object a line. text: a readable line an event.',
    },
    template: {
      type: 'string',
      format: 'template',
      minLength: 1,
      description:
        'What to send instead of the documented event, with placeholders such as {title}. Under json and ndjson their values are escaped for use inside a JSON string.',
      examples: ['{"summary": "{level}: {title}", "body": "{message}"}'],
    },
    compression: {
      type: 'string',
      enum: ['none', 'gzip'],
      default: 'none',
      description: 'How requests are compressed.',
    },
    ...trustProperties,
  },
} as const satisfies ConfigSchema;

type Options = ConfigOf<typeof schema>;

const compress = promisify(gzip);

export default defineExporter({
  type: 'http',
  stability: 'stable',
  summary: 'Sends events to a webhook or any other HTTP endpoint.',
  audience: 'store',
  batch: 'optional',
  threaded: true,
  schema,
  example: {
    url: 'https://api.example.com/webhooks/lnmt',
    headers: { 'X-Source': 'LNMT' },
    auth: { type: 'bearer', token: '${env:WEBHOOK_TOKEN}' },
  },
  check: (options) => [...authProblems(options.auth), ...problems(options)],
  create(options, { clock, batched = false }): Exporter<Buffer> {
    const { url, method, auth, format, verify_ssl: verifySsl, ca_file: caFile } = options;
    const client = new HttpClient({ url, verifySsl, caFile });
    const gzipped = options.compression === 'gzip';
    const headers = headersOf(options);
    const secrets = [...secretsOfUrl(url), ...secretsOfAuth(auth), ...secretsOfHeaders(options.headers)];
    return {
      encode: bodies(format, options.template, batched),
      async send(request, signal) {
        const body = gzipped ? await compress(request) : request;
        const answer = await client.request({ method, headers, body, signal });
        return 'kind' in answer ? answer : verdictOf(answer, clock.now(), secrets);
      },
      stop: () => client.close(),
    };
  },
});

function headersOf({ headers, auth, format, compression }: Options): Record<string, string> {
  const all: Record<string, string> = { 'content-type': CONTENT_TYPES[format], 'user-agent': 'lnmt-collector' };
  for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value;
  if (auth) all['authorization'] = authorizationOf(auth);
  if (compression === 'gzip') all['content-encoding'] = 'gzip';
  return all;
}

/** Whole values and their words: an Authorization header is echoed with or without its scheme. */
function secretsOfHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.values(headers)
    .flatMap((value) => [value, ...value.split(/\s+/)])
    .filter((word) => word.length >= 4)
    .sort((a, b) => b.length - a.length);
}

function problems(options: Options): OptionProblem[] {
  const found = [
    ...transportProblems(options, options.auth ? 'the credentials' : undefined),
    ...headerProblems(options.headers),
  ];
  if (options.method === 'GET' || options.method === 'DELETE') {
    const message = `events go in the body, which many servers ignore under ${options.method}: is POST meant?`;
    found.push({ severity: 'hint', message, path: ['method'] });
  }
  return found;
}
