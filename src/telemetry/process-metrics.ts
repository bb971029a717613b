/**
 * What the process costs and how it feels: memory, processor time, files, and how late the event
 * loop runs. The `process_` names are the ones every Prometheus client uses, so that dashboards fit.
 */
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

/** Milliseconds between two looks at the event loop; a loop that is never late shows as this much. */
const RESOLUTION_MS = 20;

/** Adds them to `metrics` until the returned function is called. */
export function addProcessMetrics(metrics: Metrics, version: string): () => void {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  loop.enable();
  const removals = [
    metrics.gauge(
      'lnmt_collector_build_info',
      'Version of the collector and of Node; always 1.',
      { version, node: process.version },
      () => 1,
    ),
    metrics.gauge('lnmt_collector_uptime_seconds', 'Seconds since the collector started.', {}, () => process.uptime()),
    metrics.gauge(
      'lnmt_collector_event_loop_lag_p99_seconds',
      'How late the event loop ran at the 99th percentile, since the last scrape.',
      {},
      () => {
        const lagMs = loop.percentile(99) / 1e6 - RESOLUTION_MS;
        loop.reset();
        return Math.max(0, lagMs / 1_000);
      },
    ),
    metrics.gauge(
      'lnmt_collector_open_handles',
      'Sockets, timers, watchers and requests that keep the process alive.',
      {},
      () => process.getActiveResourcesInfo().length,
    ),
    metrics.gauge('process_resident_memory_bytes', 'Resident memory.', {}, () => process.memoryUsage.rss()),
    metrics.gauge(
      'process_heap_bytes',
      'Memory in use by JavaScript objects.',
      {},
      () => process.memoryUsage().heapUsed,
    ),
    metrics.gauge('process_open_fds', 'Open file descriptors; 0 where the system does not say.', {}, openFiles),
    metrics.gauge(
      'process_start_time_seconds',
      'When the process started, in Unix seconds.',
      {},
      () => performance.timeOrigin / 1_000,
    ),
    metrics.total('process_cpu_seconds_total', 'Processor time spent, user and system.', {}, () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    }),
  ];
  return () => {
    loop.disable();
    for (const remove of removals) remove();
  };
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
