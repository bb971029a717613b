/**
 * pagerduty: opens incidents in PagerDuty, and resolves them, through the Events API v2.
 *
 * Why one incident for many events? Events with the same `dedup_key` go to the same incident: by
 * default those of one source with one title. `resolve_when` says which events close it again.
 * https://developer.pagerduty.com/docs/send-alert-event
 */
import { createHash } from 'node:crypto';
import { defineExporter, type Exporter, type OptionProblem, type Verdict } from '../component/component.ts';
import type { Event, Level } from '../component/event.ts';
import type { ConfigOf, ConfigSchema } from '../component/schema.ts';
import { compileCondition } from '../expression/expression.ts';
import { rfc3339, stringifyEvent } from '../lib/event-json.ts';
import { excerpt } from '../lib/excerpt.ts';
import { HttpClient, verdictOf, type Answer } from '../lib/http-client.ts';
import { compileTemplate } from '../lib/template.ts';
import { titledMessage } from '../lib/titled-message.ts';
import { transportProblems } from '../lib/transport-problems.ts';
import { trustProperties } from '../lib/trust-options.ts';
import { cut, visible } from '../lib/visible.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['routing_key'],
  properties: {
    routing_key: {
      type: 'string',
      minLength: 1,
      writeOnly: true,
      description: 'Integration key of the service or the event orchestration. A secret: use ${env:…}.',
    },
    url: {
      type: 'string',
      format: 'uri',
      default: 'https://events.pagerduty.com/v2/enqueue',
      description: 'Where events go. In the EU: https://events.eu.pagerduty.com/v2/enqueue.',
    },
    dedup_key: {
      type: 'string',
      format: 'template',
      minLength: 1,
      default: '{source}/{title}',
      description: 'What events of one incident have in common. {event_id} opens one for every event.',
      examples: ['{metadata.hostname}/{metadata.check}'],
    },
    resolve_when: {
      type: 'string',
      format: 'expression',
      minLength: 1,
      description: 'Events for which this is true resolve the incident of their dedup_key; all others open one.',
      examples: ['metadata.state == "ok"', 'level <= info'],
    },
    template: {
      type: 'string',
      format: 'template',
      minLength: 1,
      description: 'Summary, which is the incident’s title. Default: the title.',
      examples: ['{title} on {metadata.hostname}'],
    },
    ...trustProperties,
  },
} as const satisfies ConfigSchema;

const HEADERS = { 'content-type': 'application/json' };

const SEVERITIES: Readonly<Record<Level, string>> = {
  debug: 'info',
  info: 'info',
  warning: 'warning',
  error: 'error',
  critical: 'critical',
};

const MAX_SUMMARY = 1_024;
const MAX_DEDUP_KEY = 255;
const MAX_NAME = 255;
/** An event has 512 KB at the most, three bytes a character: what is longer goes without its metadata. */
const MAX_DETAILS = 150_000;
const MAX_MESSAGE = 50_000;

export default defineExporter({
  type: 'pagerduty',
  stability: 'beta',
  summary: 'Opens and resolves incidents in PagerDuty.',
  audience: 'people',
  coalesces: false,
  schema,
  example: {
    routing_key: '${env:PAGERDUTY_ROUTING_KEY}',
    dedup_key: '{source}/{title}',
    resolve_when: 'metadata.state == "ok"',
  },
  check: (options): OptionProblem[] => transportProblems(options, 'the routing key'),
  create(options, { clock }): Exporter<string> {
    const { routing_key: routingKey, url, verify_ssl: verifySsl, ca_file: caFile } = options;
    const client = new HttpClient({ url, verifySsl, caFile });
    // Left out of the requests, which `explain` prints.
    const head = `{"routing_key":${JSON.stringify(routingKey)},`;
    return {
      encode: encoder(options),
      async send(body, signal) {
        const answer = await client.post(`${head}${body.slice(1)}`, HEADERS, signal);
        return 'kind' in answer ? answer : verdictOfPagerDuty(answer, clock.now(), [routingKey]);
      },
      stop: () => client.close(),
    };
  },
});

function encoder(options: ConfigOf<typeof schema>) {
  const { resolve_when: resolveWhen } = options;
  const keyOf = compileTemplate(options.dedup_key);
  const summaryOf = options.template === undefined ? undefined : compileTemplate(options.template);
  const resolves = resolveWhen === undefined ? () => false : compileCondition(resolveWhen, ['resolve_when']);
  return (events: readonly Event[]) =>
    events.map((event) => {
      const dedupKey = dedupKeyOf(keyOf(event));
      const key = dedupKey !== '' && { dedup_key: dedupKey };
      const action = resolves(event) ? 'resolve' : 'trigger';
      const payload = payloadOf(event, summaryOf?.(event).trim());
      const request = JSON.stringify({ ...key, event_action: action, client: 'lnmt-collector', payload });
      return { request, events: 1 };
    });
}

/** One that is too long is replaced by its hash: cut, it would be that of other events too. */
function dedupKeyOf(key: string): string {
  return key.length <= MAX_DEDUP_KEY ? key : createHash('sha256').update(key).digest('hex');
}

function payloadOf(event: Event, summary: string | undefined): object {
  const { hostname, appname } = event.metadata;
  const title = summary === undefined || summary === '' ? titleOf(event) : summary;
  return {
    summary: cut(visible(title), MAX_SUMMARY),
    // The machine, where it is known: that is what people filter incidents by.
    source: cut(typeof hostname === 'string' && hostname !== '' ? hostname : event.source || 'unknown', MAX_NAME),
    severity: SEVERITIES[event.level],
    timestamp: rfc3339(event.timestamp),
    component: cut(typeof appname === 'string' && appname !== '' ? appname : event.source, MAX_NAME),
    class: event.eventType,
    custom_details: detailsOf(event),
  };
}

function titleOf(event: Event): string {
  return event.title.trim() || titledMessage(event).trim() || `${event.level} from ${event.source}`;
}

/** The documented event as a whole, as long as it is not too long. */
function detailsOf(event: Event): unknown {
  const text = stringifyEvent(event);
  if (text.length <= MAX_DETAILS) return JSON.parse(text);
  return {
    event_id: event.eventId,
    message: cut(event.message, MAX_MESSAGE),
    metadata: 'left out: too long',
    tags: event.tags.slice(0, 100).map((tag) => cut(tag, MAX_NAME)),
  };
}

/** 202 is taken; 400 names what it did not like. */
function verdictOfPagerDuty(answer: Answer, now: number, secrets: readonly string[]): Verdict {
  const verdict = verdictOf(answer, now, secrets);
  if (verdict.kind !== 'refused' || answer.status !== 400) return verdict;
  const errors = errorsOf(answer.text);
  if (errors === undefined) return verdict;
  const reason = `answered 400: ${excerpt(errors, secrets)}`;
  return /routing_key/i.test(errors)
    ? { kind: 'misconfigured', reason: `${reason}: check routing_key` }
    : { kind: 'refused', reason };
}

function errorsOf(text: string): string | undefined {
  try {
    const answer = JSON.parse(text) as { errors?: unknown; message?: unknown } | null;
    if (Array.isArray(answer?.errors)) return answer.errors.join('; ');
    return typeof answer?.message === 'string' ? answer.message : undefined;
  } catch {
    return undefined;
  }
}
