/** The books: what came in, and how each event ended. Names are those of the admin address' `/metrics`. */
import type { Meter, Tally } from '../component/meter.ts';
import type { PipelineTallies } from './pipeline.ts';
import type { StageTallies } from './stages.ts';

export interface ExporterTallies {
  /** Came to its door. */
  readonly received: Tally;
  /** Not wanted by the exporter's own code. */
  readonly unwanted: Tally;
  readonly sent: Tally;
  /** Of those sent: told in one message with others. */
  readonly coalesced: Tally;
  readonly deadLettered: Tally;
  /** Dead letters that are gone for good: for room, or because the storage took none. */
  readonly lostLetters: Tally;
  /** In its queue when that was opened. */
  readonly recovered: Tally;
  /** Of those, what could not be read any more. */
  readonly damaged: Tally;
  /** Dropped because the queue was full, not taken by the storage, or lost with a memory queue at the end. */
  dropped(reason: 'queue_full' | 'storage_failed' | 'shutdown'): Tally;
  failedRequest(reason: string): void;
}

export function exporterTallies(meter: Meter, exporter: string): ExporterTallies {
  const counter = (name: string, description: string, labels: object = {}): Tally =>
    meter.counter(`lnmt_collector_exporter_${name}_total`, description, { exporter, ...labels });
  return {
    received: counter(
      'received_events',
      'Events that pipelines brought to an exporter, before its filters and limits.',
    ),
    unwanted: meter.counter('lnmt_collector_processor_dropped_events_total', 'Events a rule dropped.', {
      processor: `${exporter}/should_send`,
      exporter,
      reason: 'filtered',
    }),
    sent: counter('sent_events', 'Events a destination took.'),
    coalesced: counter(
      'coalesced_events',
      'Of the sent events, those that had to wait and were told in one message with others.',
    ),
    recovered: counter('recovered_events', 'Events found in the disk queue at the start.'),
    damaged: counter('damaged_events', 'Events in the disk queue that could not be read any more.'),
    deadLettered: counter(
      'dead_lettered_events',
      'Events a destination refused for good; they are kept as dead letters.',
    ),
    lostLetters: counter(
      'lost_dead_letters',
      'Dead letters that are gone: the oldest made room for new ones, or the storage took none.',
    ),
    dropped: (reason) =>
      counter('dropped_events', 'Events a full queue was told to drop, or a memory queue lost at shutdown.', {
        reason,
      }),
    failedRequest: (reason) =>
      counter('failed_requests', 'Tries that did not deliver.', { reason: bounded(reason) }).add(1),
  };
}

export function pipelineTallies(meter: Meter, pipeline: string): PipelineTallies {
  const labels = { pipeline };
  return {
    accepted: meter.counter(
      'lnmt_collector_pipeline_accepted_events_total',
      'Events that came into a pipeline.',
      labels,
    ),
    passed: meter.counter(
      'lnmt_collector_pipeline_passed_events_total',
      'Events that left a pipeline for its exporters.',
      labels,
    ),
    unsent: meter.counter('lnmt_collector_processor_dropped_events_total', 'Events a rule dropped.', {
      processor: 'none',
      pipeline,
      reason: 'exporters_disabled',
    }),
  };
}

/** `place` is the pipeline, or the exporter at whose door the stage stands. */
export function stageTallies(
  meter: Meter,
  processor: string,
  place: { readonly pipeline: string } | { readonly exporter: string },
): StageTallies {
  const labels = { processor, ...place };
  const counter = (name: string, description: string, more: object = {}): Tally =>
    meter.counter(`lnmt_collector_processor_${name}_total`, description, { ...labels, ...more });
  return {
    filtered: counter('dropped_events', 'Events a rule dropped.', { reason: 'filtered' }),
    failed: counter('failed_events', 'Events a processor failed on; they are kept as dead letters.'),
    suppressed: counter('suppressed_events', 'Events a limit held back.'),
    generated: counter('generated_events', 'Events a processor made of its own, such as summaries.'),
  };
}

/** A status or an error code, of which there are few; any other reason could be without end. */
function bounded(reason: string): string {
  return (
    /\b(?:[1-5]\d\d|E[A-Z_]{3,}|[A-Z]+_[A-Z_]+)\b/.exec(reason)?.[0] ??
    (reason.startsWith('no answer') ? 'timeout' : 'other')
  );
}
