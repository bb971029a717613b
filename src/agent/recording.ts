/** `service.record`: whether the traffic is kept, and where, as edits say. */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Logger } from '../component/component.ts';
import type { ServiceOptions } from '../component/configuration.ts';
import type { Graph } from '../pipeline/graph.ts';
import { Recorder } from '../storage/recorder.ts';
import type { KnownSecrets } from '../telemetry/known-secrets.ts';
import { secretMask } from '../telemetry/secret-mask.ts';

export interface RecordingParts {
  readonly storage: string;
  readonly graph: Graph;
  readonly clock: Clock;
  readonly log: Logger;
  readonly secrets: KnownSecrets;
}

/** Where the record of a storage directory is. */
export function recordDirectory(storage: string): string {
  return join(storage, 'traffic');
}

export class Recording {
  readonly #parts: RecordingParts;
  #options: ServiceOptions['record'];
  #recorder: Recorder | undefined;

  constructor(parts: RecordingParts) {
    this.#parts = parts;
  }

  /** An edit: begins, ends, or goes on with other limits. What was recorded stays. */
  async follow({ record }: ServiceOptions): Promise<void> {
    if (isDeepStrictEqual(record, this.#options)) return;
    const { storage, graph, clock, log, secrets } = this.#parts;
    await this.close();
    this.#options = record;
    if (!record) return;
    const mask = secretMask(() => secrets.list);
    this.#recorder = new Recorder({ directory: recordDirectory(storage), ...record, clock, log, mask });
    graph.record(this.#recorder);
  }

  async close(): Promise<void> {
    this.#parts.graph.record(undefined);
    await this.#recorder?.close();
    this.#recorder = undefined;
  }
}
