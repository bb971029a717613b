/** One event through one exporter, past filters, limits and queue, in one try: what `test` and `test-all` do. */
import type { Catalog } from '../component/catalog.ts';
import type { Logger, Verdict } from '../component/component.ts';
import type { ExporterSpec } from '../component/configuration.ts';
import { codeOf, ConfigError, StartError } from '../component/errors.ts';
import { newMetadata, type Event, type Level } from '../component/event.ts';
import { systemClock } from '../lib/clock.ts';
import { Announcer } from '../pipeline/announcer.ts';

export interface Tried {
  readonly exporter: string;
  readonly delivered: boolean;
  readonly tookMs: number;
  /** What the destination said, or what went wrong on the way; without secrets. */
  readonly said?: string;
  readonly advice?: string;
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

export function testEvent(exporter: string, level: Level): Event {
  return {
    eventId: `test-${systemClock.now().toString(36)}`,
    timestamp: systemClock.now(),
    eventType: 'custom',
    level,
    source: 'lnmt-collector',
    title: `Test of ${exporter}`,
    message: `This is a test of ${exporter}. Whoever reads it need do nothing: it arrived.`,
    metadata: Object.assign(newMetadata(), { test: true, exporter }),
    tags: ['test'],
  };
}

/** Never rejects. */
export async function tryExporter(spec: ExporterSpec, level: Level, catalog: Catalog): Promise<Tried> {
  const { id: exporter } = spec;
  const startedAt = systemClock.monotonic();
  const verdict = await send(spec, level, catalog);
  const tookMs = Math.round(systemClock.monotonic() - startedAt);
  if (verdict.kind === 'sent') return { exporter, delivered: true, tookMs };
  const said = reasonOf(verdict);
  const { file, line } = spec.position;
  return { exporter, delivered: false, tookMs, said, advice: adviceOn(verdict.kind, `${file}:${line}`) };
}

async function send(spec: ExporterSpec, level: Level, catalog: Catalog): Promise<Verdict> {
  const { timeoutMs, batch } = spec.delivery;
  const context = {
    id: spec.id,
    batched: batch.maxEvents > 1,
    clock: systemClock,
    happenings: new Announcer(systemClock),
    log: silent,
    counter: () => ({ add() {} }),
  };
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const exporter = catalog.exporters.get(spec.type)!.create(spec.options as never, context);
    try {
      await exporter.start?.(signal);
      for (const { request } of exporter.encode([testEvent(spec.id, level)])) {
        const verdict = await exporter.send(request, signal);
        if (verdict.kind !== 'sent') return verdict;
      }
      return { kind: 'sent' };
    } finally {
      await exporter.stop?.();
    }
  } catch (error) {
    if (signal.aborted) return { kind: 'later', reason: `no answer within ${timeoutMs / 1_000} s` };
    if (error instanceof ConfigError || error instanceof StartError)
      return {
        kind: 'misconfigured',
        reason: error.place.hint ? `${error.message}. ${error.place.hint}` : error.message,
      };
    return { kind: 'misconfigured', reason: `the exporter failed: ${codeOf(error)}` };
  }
}

function reasonOf(verdict: Exclude<Verdict, { kind: 'sent' }>): string {
  switch (verdict.kind) {
    case 'mixed':
      return verdict.refused[0]?.reason ?? verdict.later.reason;
    case 'refused':
      return verdict.events?.[0]?.reason ?? verdict.reason;
    default:
      return verdict.reason;
  }
}

function adviceOn(kind: Verdict['kind'], place: string): string {
  switch (kind) {
    case 'later':
      return 'the destination is in trouble, or cannot be reached from here; a running collector tries again by itself';
    case 'misconfigured':
      return `mend its options at ${place}, then test again`;
    default:
      return `the destination does not take this event: compare what it said with the options at ${place}`;
  }
}
