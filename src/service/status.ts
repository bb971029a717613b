/** `getConnectorStatus()`: how each connector fares. */
import type { Tallies } from '../agent/sender.ts';
import type { Configuration } from '../component/configuration.ts';
import type { Nodes } from '../pipeline/nodes.ts';

export interface ConnectorStatus {
  readonly type: string;
  readonly enabled: boolean;
  /** `retrying`: the destination is in trouble. `misconfigured`: its options are. `unused`: no pipeline leads to it. */
  readonly state: 'ok' | 'retrying' | 'misconfigured' | 'disabled' | 'unused' | 'starting' | 'closed';
  /** What the destination said last, while the state is not ok. */
  readonly lastError?: string;
  /** Events that wait for it now. */
  readonly queued: number;
  readonly sent: number;
  readonly filtered: number;
  /** Held back by a rate limit. */
  readonly limited: number;
  /** Refused for good, or lost with a full queue. */
  readonly failed: number;
}

export function connectorStatus(
  { exporters }: Configuration,
  { exporters: running }: Nodes,
  tallies: Tallies,
  closed = false,
): Record<string, ConnectorStatus> {
  const statuses: Record<string, ConnectorStatus> = {};
  for (const [name, { type, enabled }] of exporters) {
    const node = running.get(name);
    const sum = (metric: string): number => tallies.sum(`lnmt_collector_${metric}_total`, 'exporter', name);
    const health = node?.health.current;
    statuses[name] = {
      type: type.startsWith('registered/') ? 'custom' : type,
      enabled,
      state: enabled ? (closed ? 'closed' : (health?.state ?? 'unused')) : 'disabled',
      ...(health?.reason === undefined ? {} : { lastError: health.reason }),
      queued: node?.outlet.queue.events ?? 0,
      sent: sum('exporter_sent_events'),
      filtered: sum('processor_dropped_events'),
      limited: sum('processor_suppressed_events'),
      failed: sum('exporter_dead_lettered_events') + sum('exporter_dropped_events'),
    };
  }
  return statuses;
}
