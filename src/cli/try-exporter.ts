/** One event through one exporter, past filters, limits and queue, in one try: what `test` and `test-all` do. */
import type { Catalog } from '../component/catalog.ts';
import type { Logger, Verdict } from '../component/component.ts';
import type { ExporterSpec } from '../component/configuration.ts';
import { codeOf, ConfigError, StartError } from '../component/errors.ts';
import { newMetadata, type Event, type Level } from '../component/event.ts';
import { systemClock } from '../lib/clock.ts';
import { formatDuration } from '../lib/duration.ts';
import { Announcer } from '../pipeline/announcer.ts';

export interface Tried {
  readonly exporter: string;
  readonly delivered: boolean;
  readonly tookMs: number;
  /** What the destination said, or what went wrong on the way; without secrets. */
  readonly said?: string;
  readonly advice?: string;
  /** What the exporter had to say although it delivered: a recipient that was refused, a warning of the server. */
  readonly remarks?: readonly string[];
}

/** Keeps what an operator would read in the log of a running collector. */
function noting(remarks: string[]): Logger {
  const note = (message: string): void => void remarks.push(message);
  return { debug() {}, info() {}, warn: note, error: note };
}

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
  const remarks: string[] = [];
  const verdict = await send(spec, level, catalog, noting(remarks));
  const tookMs = Math.round(systemClock.monotonic() - startedAt);
  if (verdict.kind === 'sent') return { exporter, delivered: true, tookMs, ...(remarks.length > 0 && { remarks }) };
  const said = reasonOf(verdict);
  const { file, line } = spec.position;
  return { exporter, delivered: false, tookMs, said, advice: adviceOn(verdict, `${file}:${line}`) };
}

async function send(spec: ExporterSpec, level: Level, catalog: Catalog, log: Logger): Promise<Verdict> {
  const { timeoutMs, batch } = spec.delivery;
  const context = {
    id: spec.id,
    batched: batch.maxEvents > 1,
    clock: systemClock,
    happenings: new Announcer(systemClock),
    log,
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

function adviceOn(verdict: Verdict, place: string): string {
  switch (verdict.kind) {
    case 'later':
      if ((verdict.notBeforeMs ?? 0) > 0)
        return `the destination asks to be left alone for ${formatDuration(Math.ceil(verdict.notBeforeMs! / 1_000) * 1_000)}; a running collector waits so long by itself`;
      return 'the destination is in trouble, or cannot be reached from here; a running collector tries again by itself';
    case 'misconfigured':
      return `mend its options at ${place}, then test again`;
    default:
      return `the destination does not take this event: compare what it said with the options at ${place}`;
  }
}
