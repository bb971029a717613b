/** What the admin address answers. */
import type { Route } from '../telemetry/admin.ts';
import { reloadJson, type ReloadReport } from './status.ts';

export interface Answers {
  metrics(): Promise<string>;
  status(): Promise<object>;
  reload(): Promise<ReloadReport>;
  stale(): boolean;
  /** Exporters whose queues cannot be written. */
  unwritable(): readonly string[];
  /** What the commands ask, each in a file of its own. */
  readonly more: readonly Route[];
}

export function routes({ metrics, status, reload, stale, unwritable, more }: Answers): Route[] {
  return [
    { method: 'GET', path: '/healthz', open: true, handle: () => ({ status: 200, body: 'alive\n' }) },
    {
      method: 'GET',
      path: '/readyz',
      open: true,
      handle() {
        const failing = unwritable();
        if (failing.length > 0)
          return {
            status: 503,
            body: `not ready: the storage fails, and nothing is taken for ${failing.join(', ')}\n`,
          };
        // A bad edit must not take a pod out of service: what ran goes on running.
        return {
          status: 200,
          body: stale()
            ? 'ready; but the file on disk is not valid, and the last good one runs: see /status\n'
            : 'ready\n',
        };
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      handle: async () => ({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await metrics() }),
    },
    { method: 'GET', path: '/status', handle: async () => json(200, await status()) },
    {
      method: 'POST',
      path: '/-/reload',
      async handle() {
        const report = await reload();
        return json(report.result === 'refused' ? 400 : 200, reloadJson(report));
      },
    },
    ...more,
  ];
}

function json(status: number, value: object): { status: number; type: string; body: string } {
  return { status, type: 'application/json', body: `${JSON.stringify(value, undefined, 2)}\n` };
}
