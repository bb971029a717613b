/** What a reload will do, by component, and why. Pure: `plan` prints it, a reload does it, the log says it. */
import { isDeepStrictEqual } from 'node:util';
import type { ComponentSpec, Configuration, PipelineSpec } from '../component/configuration.ts';
import { activeOf } from './active.ts';

export interface Plan {
  readonly entries: readonly PlanEntry[];
  /** True if nothing is to be done. */
  readonly empty: boolean;
}

export interface PlanEntry {
  readonly kind: 'receiver' | 'processor' | 'exporter' | 'pipeline';
  /** Of a processor: its key. */
  readonly id: string;
  /** `updated`: in place, the instance or the object stays. `restarted`: a new instance takes over from the old one. */
  readonly action: 'kept' | 'updated' | 'restarted' | 'added' | 'removed';
  /** Which options changed; empty for what is kept. */
  readonly reason: string;
}

/** Compares checked configurations by id; defaults are filled in, so spelling one out changes nothing. */
export function planOf(running: Configuration | undefined, wanted: Configuration): Plan {
  const from = activeOf(running);
  const to = activeOf(wanted);
  const entries = [
    ...compare('exporter', from.exporters, to.exporters, (before, after) => {
      const own = changes(before, after);
      if (own.length > 0) return { action: 'restarted', reason: `changed: ${own.join(', ')}` };
      const delivery = changedKeys(before.delivery, after.delivery);
      const names = delivery.map((key) => DELIVERY_NAMES[key] ?? key);
      return names.length > 0 ? { action: 'updated', reason: `changed: ${names.join(', ')}` } : undefined;
    }),
    ...compare('processor', from.stages, to.stages, (before, after) => {
      const own = changes(before, after);
      return own.length > 0 ? { action: 'restarted', reason: `changed: ${own.join(', ')}` } : undefined;
    }),
    ...compare('pipeline', from.pipelines, to.pipelines, (before, after) => {
      const parts = changedPipelineParts(before, after);
      return parts.length > 0 ? { action: 'updated', reason: `changed: ${parts.join(', ')}` } : undefined;
    }),
    ...compare('receiver', from.receivers, to.receivers, (before, after) => {
      const own = changes(before, after);
      return own.length > 0 ? { action: 'restarted', reason: `changed: ${own.join(', ')}` } : undefined;
    }),
  ];
  return { entries, empty: entries.every(({ action }) => action === 'kept') };
}

/** True if a new instance has to be made. */
export function differs(before: ComponentSpec, after: ComponentSpec): boolean {
  return before.type !== after.type || !isDeepStrictEqual(before.options, after.options);
}

const DELIVERY_NAMES: Readonly<Record<string, string>> = { timeoutMs: 'timeout' };

type Change = { readonly action: 'updated' | 'restarted'; readonly reason: string };

function compare<S>(
  kind: PlanEntry['kind'],
  from: ReadonlyMap<string, S>,
  to: ReadonlyMap<string, S>,
  change: (before: S, after: S) => Change | undefined,
): PlanEntry[] {
  const entries: PlanEntry[] = [];
  for (const [id, after] of to) {
    const before = from.get(id);
    if (before === undefined) entries.push({ kind, id, action: 'added', reason: 'new' });
    else entries.push({ kind, id, ...(change(before, after) ?? { action: 'kept', reason: '' }) });
  }
  for (const id of from.keys()) {
    if (!to.has(id))
      entries.push({ kind, id, action: 'removed', reason: 'gone from the file, disabled or no longer used' });
  }
  return entries;
}

function changes(before: ComponentSpec, after: ComponentSpec): string[] {
  if (before.type !== after.type) return ['type'];
  return changedKeys(before.options, after.options);
}

function changedKeys(before: unknown, after: unknown): string[] {
  const a = before as Record<string, unknown>;
  const b = after as Record<string, unknown>;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => !isDeepStrictEqual(a[key], b[key]));
}

function changedPipelineParts(before: PipelineSpec, after: PipelineSpec): string[] {
  const keysOf = ({ stages }: PipelineSpec): string[] => stages.filter(({ enabled }) => enabled).map(({ key }) => key);
  const parts: string[] = [];
  if (!isDeepStrictEqual(before.receivers, after.receivers)) parts.push('receivers');
  if (!isDeepStrictEqual(keysOf(before), keysOf(after))) parts.push('processors');
  if (!isDeepStrictEqual([before.exporters, before.feeds], [after.exporters, after.feeds])) parts.push('exporters');
  return parts;
}
