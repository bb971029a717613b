/**
 * `POST /v1/events`: what `alert` hands to a running collector, answered with what became of the
 * event at each exporter. One event as JSON; `?exporter=ID`, once or more, for only those.
 */
import { eventFromJson } from '../lib/event-json.ts';
import type { Outcome } from '../pipeline/dispatch.ts';
import type { Route } from '../telemetry/admin.ts';
import { jsonOf, RequestError } from '../telemetry/admin-http.ts';
import { alertThrough, unknownExporters, type Alerting } from './alert.ts';

/** What is answered. */
export interface AlertAnswer {
  readonly event_id: string;
  readonly exporters: Readonly<Record<string, Outcome>>;
}

/** How long the asker waits for the destinations' answers; then the event is said to be queued. */
const ANSWER_MS = 20_000;

export function alertRoute(alerting: Alerting): Route {
  return {
    method: 'POST',
    path: '/v1/events',
    async handle({ body, query }) {
      const event = eventFromJson(jsonOf(body), alerting.clock.now(), 'alert');
      if (typeof event === 'string') throw new RequestError(400, event);
      const names = query.getAll('exporter');
      const unknown = unknownExporters(names, alerting.graph);
      if (unknown.length > 0) throw new RequestError(404, `the collector has no exporter ${unknown.join(', ')}`);
      const outcomes = await alertThrough(
        event,
        { exporters: names.length > 0 ? names : undefined, waitMs: ANSWER_MS },
        alerting,
      );
      return {
        status: 200,
        body: { event_id: event.eventId, exporters: Object.fromEntries(outcomes) } satisfies AlertAnswer,
      };
    },
  };
}
