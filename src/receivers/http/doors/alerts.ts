/**
 * Alerts as Prometheus' Alertmanager and Grafana send them to a webhook: one event for each.
 *
 * https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 * https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
 */
import { randomUUID } from 'node:crypto';
import { newMetadata, type Event, type Level, type Metadata } from '../../../component/event.ts';
import { levelOf } from '../../../lib/level-names.ts';
import { titleOf } from '../../../lib/title.ts';
import { Refusal } from '../answer.ts';
import { asObject, door, MAX_EVENTS, textAt, type Delivery } from './door.ts';

type Json = Readonly<Record<string, unknown>>;

export const alertmanagerRoute = door(
  '/v1/alertmanager',
  'POST Alertmanager’s webhook (webhook_configs: [{url: …}]): one event for each alert',
  (delivery) => eventsOf(delivery, 'alertmanager'),
);

export const grafanaRoute = door(
  '/v1/grafana',
  'POST Grafana’s webhook contact point: one event for each alert',
  (delivery) => (hasAlerts(delivery.body) ? eventsOf(delivery, 'grafana') : [legacyEvent(delivery)]),
);

/** Of the whole notification, on each of its alerts. */
const COMMON = {
  receiver: 'receiver',
  group_key: 'groupKey',
  external_url: 'externalURL',
  org_id: 'orgId',
  truncated_alerts: 'truncatedAlerts',
};

/** Of one alert. */
const OWN = {
  starts_at: 'startsAt',
  ends_at: 'endsAt',
  generator_url: 'generatorURL',
  fingerprint: 'fingerprint',
  values: 'values',
  value_string: 'valueString',
  silence_url: 'silenceURL',
  dashboard_url: 'dashboardURL',
  panel_url: 'panelURL',
  image_url: 'imageURL',
};

/** What people write into the label `severity`, beside the names of levels. */
const SEVERITIES = new Map<string, Level>([
  ['page', 'critical'],
  ['disaster', 'critical'],
  ['p1', 'critical'],
  ['high', 'error'],
  ['major', 'error'],
  ['p2', 'error'],
  ['average', 'warning'],
  ['medium', 'warning'],
  ['minor', 'warning'],
  ['p3', 'warning'],
  ['low', 'info'],
  ['none', 'info'],
  ['p4', 'info'],
]);

/** The events of a body that is one of these programs', for `check` and `explain`; undefined where it is none. */
export function alertsIn(body: unknown, now: number): Event[] | undefined {
  if (!hasAlerts(body)) return undefined;
  return eventsOf({ body, headers: {}, now }, 'orgId' in asObject(body) ? 'grafana' : 'alertmanager');
}

function hasAlerts(body: unknown): boolean {
  return Array.isArray(asObject(body)['alerts']);
}

function eventsOf({ body, now }: Delivery, source: string): Event[] {
  const notification = asObject(body);
  const { alerts } = notification;
  if (!Array.isArray(alerts)) throw new Refusal(400, `this is no notification of ${source}: it has no list "alerts"`);
  if (alerts.length > MAX_EVENTS) throw new Refusal(413, `a request has at most ${MAX_EVENTS} alerts`);
  return (alerts as unknown[]).map((alert) => eventOf(asObject(alert), notification, source, now));
}

function eventOf(alert: Json, notification: Json, source: string, now: number): Event {
  const labels = asObject(alert['labels']);
  const annotations = asObject(alert['annotations']);
  const resolved = (textAt(alert, 'status') || textAt(notification, 'status')) === 'resolved';
  const name = textAt(labels, 'alertname') || 'alert';
  const summary = textAt(annotations, 'summary') || textAt(annotations, 'title') || name;
  const description = textAt(annotations, 'description') || textAt(annotations, 'message');
  const metadata = newMetadata();
  metadata['status'] = resolved ? 'resolved' : 'firing';
  metadata['alertname'] = name;
  metadata['labels'] = labels;
  metadata['annotations'] = annotations;
  copy(alert, OWN, metadata);
  copy(notification, COMMON, metadata);
  return {
    eventId: randomUUID(),
    // A notification is repeated while the alert lasts: when it began is in the metadata.
    timestamp: now,
    eventType: 'threshold_breach',
    level: resolved ? 'info' : levelOfSeverity(textAt(labels, 'severity')),
    source,
    title: titleOf(resolved ? `Resolved: ${summary}` : summary),
    message: description || `${summary}\n${labelsText(labels)}`.trim(),
    metadata,
    tags: [],
  };
}

/** Before unified alerting, Grafana sent one alert by its rule's name and state. */
function legacyEvent({ body, now }: Delivery): Event {
  const alert = asObject(body);
  const state = textAt(alert, 'state');
  const title = textAt(alert, 'title') || textAt(alert, 'ruleName');
  const message = textAt(alert, 'message') || title;
  if (title === '') throw new Refusal(400, 'this is no notification of Grafana: it has neither "alerts" nor a "title"');
  const metadata = Object.assign(newMetadata(), alert);
  return {
    eventId: randomUUID(),
    timestamp: now,
    eventType: 'threshold_breach',
    level: state === 'alerting' ? 'error' : state === 'no_data' ? 'warning' : 'info',
    source: 'grafana',
    title: titleOf(title),
    message,
    metadata,
    tags: [],
  };
}

/** An alert without a severity that is known is worth a look all the same. */
function levelOfSeverity(severity: string): Level {
  return levelOf(severity) ?? SEVERITIES.get(severity.toLowerCase()) ?? 'warning';
}

function copy(from: Json, names: Readonly<Record<string, string>>, to: Metadata): void {
  for (const [name, key] of Object.entries(names)) {
    const value = from[key];
    // Alertmanager writes the end of what has none as the year 1.
    if (value === undefined || value === null || value === '' || value === 0 || value === '0001-01-01T00:00:00Z')
      continue;
    to[name] = value;
  }
}

function labelsText(labels: Json): string {
  return Object.keys(labels)
    .filter((key) => key !== 'alertname')
    .map((key) => `${key}: ${textAt(labels, key)}`)
    .join('\n');
}
