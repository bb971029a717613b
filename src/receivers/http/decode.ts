/** What a request's body becomes, for `explain`, `check` and `replay`: told apart by how it begins, since there are no headers. */
import { isUtf8 } from 'node:buffer';
import type { Decoded } from '../../component/component.ts';
import { readLogsJson } from '../../lib/otlp/read-logs-json.ts';
import { alertsIn } from './doors/alerts.ts';
import { readJson } from './doors/door.ts';
import { eventOf } from './events-route.ts';
import { eventOfRecord } from './otlp-event.ts';
import { recordsOf } from './records.ts';

/** Throws an Error with the reason that its sender would be answered. */
export function decodeBody(bytes: Buffer, now: number): Decoded {
  if (!isUtf8(bytes)) throw new Error('the body is not valid UTF-8');
  if (/^\s*\{\s*"resource_?[lL]ogs"/.test(bytes.toString('utf8', 0, 200))) {
    return {
      format: 'OTLP logs',
      events: [...readLogsJson(bytes)].map((record) => eventOfRecord(record, now, () => {})),
    };
  }
  if (/^\s*\{/.test(bytes.toString('utf8', 0, 64)) && bytes.includes('"alerts"')) {
    const events = alertsIn(readJson(bytes), now);
    if (events) return { format: 'alerts of Alertmanager or Grafana', events };
  }
  const { bounds } = recordsOf(bytes, 'json');
  const events = Array.from({ length: bounds.length / 2 }, (_, index) =>
    eventOf(bytes.toString('utf8', bounds[2 * index], bounds[2 * index + 1]), now, index),
  );
  return { format: formatOf(bytes, events.length), events };
}

function formatOf(bytes: Buffer, events: number): string {
  if (bytes.toString('utf8', 0, 64).trimStart().startsWith('[')) return 'a JSON array of events';
  return events > 1 ? 'NDJSON, an event a line' : 'a JSON event';
}
