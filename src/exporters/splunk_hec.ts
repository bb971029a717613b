/**
 * splunk_hec: sends events to Splunk's HTTP Event Collector.
 *
 * Was it indexed? A 200 only says that Splunk has taken the events into memory. With `ack: true`
 * (and indexer acknowledgement switched on for the token) an event counts as sent once it is indexed.
 *
 * https://docs.splunk.com/Documentation/Splunk/latest/Data/HTTPEventCollector
 */
import { randomUUID } from 'node:crypto';
import { defineExporter, type Exporter, type OptionProblem } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import type { ConfigOf, ConfigSchema } from '../component/schema.ts';
import { stringifyEvent } from '../lib/event-json.ts';
import { secretsOfUrl } from '../lib/excerpt.ts';
import { HttpClient } from '../lib/http-client.ts';
import { packed } from '../lib/packed.ts';
import { transportProblems } from '../lib/transport-problems.ts';
import { trustProperties } from '../lib/trust-options.ts';
import { acknowledged, ackIdOf } from './splunk_hec/acknowledgement.ts';
import { verdictOfHec } from './splunk_hec/answer.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['url', 'token'],
  properties: {
    url: {
      type: 'string',
      format: 'uri',
      description:
        'Base URL, such as https://splunk.example.com:8088; /services/collector/event is added unless it is there.',
    },
    token: {
      type: 'string',
      minLength: 1,
      writeOnly: true,
      description: 'Token of the HTTP Event Collector. A secret: use ${env:…}.',
    },
    index: { type: 'string', minLength: 1, description: 'Index to write to. Default: the token’s.' },
    source: {
      type: 'string',
      minLength: 1,
      description: 'Splunk’s source of every event. Default: the event’s source.',
    },
    sourcetype: {
      type: 'string',
      minLength: 1,
      default: 'lnmt:event',
      description: 'Splunk’s sourcetype of every event.',
    },
    host: {
      type: 'string',
      minLength: 1,
      description:
        'Splunk’s host of every event. Default: metadata.hostname; an event without one has none, and Splunk uses the sender’s.',
    },
    ack: {
      type: 'boolean',
      default: false,
      description:
        'Waits until the events are indexed: the token needs indexer acknowledgement. Splunk may take minutes over the last few, so set timeout to 5m too.',
    },
    max_body: {
      type: 'integer',
      format: 'size',
      minimum: 1_024,
      maximum: 838_860_800,
      default: 1_000_000,
      description: 'Bytes of one request at the most. Splunk Cloud takes up to 1MB.',
    },
    ...trustProperties,
  },
} as const satisfies ConfigSchema;

const EVENT_PATH = '/services/collector/event';

export default defineExporter({
  type: 'splunk_hec',
  stability: 'beta',
  summary: 'Sends events to Splunk’s HTTP Event Collector.',
  audience: 'store',
  batch: { maxEvents: 500, maxWaitMs: 1_000 },
  threaded: true,
  schema,
  example: { url: 'https://splunk.example.com:8088', token: '${env:SPLUNK_HEC_TOKEN}', index: 'main' },
  check: (options): OptionProblem[] => transportProblems(options, 'the token'),
  create(options, { clock }): Exporter<string> {
    const { token, verify_ssl: verifySsl, ca_file: caFile, max_body: maxBytes } = options;
    const url = eventUrl(options.url);
    const ackUrl = url.replace(/\/event$/, '/ack');
    const client = new HttpClient({ url, verifySsl, caFile });
    const secrets = [token, ...secretsOfUrl(options.url)];
    // Splunk tells the acknowledgements of senders apart by their channel.
    const channel = randomUUID();
    const headers = {
      authorization: `Splunk ${token}`,
      'content-type': 'application/json',
      ...(options.ack && { 'x-splunk-request-channel': channel }),
    };
    const envelope = enveloper(options);
    return {
      encode: (events) => packed(events.map(envelope), maxBytes),
      async send(body, signal) {
        const answer = await client.post(body, headers, signal);
        if ('kind' in answer) return answer;
        const verdict = verdictOfHec(answer, body, clock.now(), secrets);
        if (!options.ack || verdict.kind !== 'sent') return verdict;
        const ackId = ackIdOf(answer);
        if (ackId === undefined) {
          return {
            kind: 'misconfigured',
            reason: 'no acknowledgement is given: switch indexer acknowledgement on for the token, or ack off',
          };
        }
        return acknowledged(ackId, { client, url: ackUrl, headers, clock, secrets }, signal);
      },
      stop: () => client.close(),
    };
  },
});

function eventUrl(url: string): string {
  const base = new URL(url);
  const path = base.pathname.replace(/\/+$/, '');
  if (!path.endsWith(EVENT_PATH)) base.pathname = path.replace(/\/services\/collector$/, '') + EVENT_PATH;
  return base.href;
}

/** A function that writes one envelope. What is the same in all of them is written once. */
function enveloper(options: ConfigOf<typeof schema>): (event: Event) => string {
  const { index, source, sourcetype, host } = options;
  const fixed = JSON.stringify({ index, source, sourcetype, host }).slice(1, -1);
  return (event) => {
    const hostname = event.metadata['hostname'];
    const own =
      (source === undefined && event.source !== '' ? `"source":${JSON.stringify(event.source)},` : '') +
      (host === undefined && typeof hostname === 'string' && hostname !== ''
        ? `"host":${JSON.stringify(hostname)},`
        : '');
    return `{"time":${(event.timestamp / 1_000).toFixed(3)},${own}${fixed},"event":${stringifyEvent(event)}}\n`;
  };
}
