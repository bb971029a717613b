/**
 * stdin: reads events from standard input, one a line, as in `program | lnmt-collector run`.
 *
 * An operator asks: does the collector end with its input? No: the end is logged, what came before
 * it is delivered, and everything else runs on.
 */
import type { Readable } from 'node:stream';
import { defineReceiver, type Context, type Counter, type Receiver, type Sink } from '../component/component.ts';
import { StartError } from '../component/errors.ts';
import type { Event } from '../component/event.ts';
import { Flow } from '../lib/flow.ts';
import { makerOf, type EventMaker, type Format } from '../lib/lines/line-format.ts';
import { Framer } from '../lib/syslog/framing.ts';

export default defineReceiver({
  type: 'stdin',
  stability: 'beta',
  summary: 'Reads events from standard input, one a line.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: [],
    properties: {
      format: {
        type: 'string',
        enum: ['auto', 'json', 'syslog', 'text'],
        default: 'auto',
        description: 'What the lines are; auto tells by the first characters of each.',
      },
      source: {
        type: 'string',
        minLength: 1,
        default: 'stdin',
        description: 'What events are named after whose line does not say where it comes from.',
      },
      max_line_size: {
        type: 'number',
        format: 'size',
        default: 1_048_576,
        minimum: 64,
        maximum: 67_108_864,
        description: 'Longest line; a longer one is cut there, flagged `truncated`, and the rest skipped.',
      },
    },
  },
  example: { format: 'json' },
  samples: [
    {
      options: { source: 'backup' },
      received: 'copied 7 files\n{"level":"error","msg":"disk full"}\n',
      after: [
        { level: 'info', source: 'backup', message: 'copied 7 files' },
        { level: 'error', source: 'backup', message: 'disk full' },
      ],
    },
  ],
  create: (config, context, sink) => new StdinReceiver(config, context, sink, () => process.stdin),
  decode({ format, source, max_line_size }, { clock }, bytes) {
    const events: Event[] = [];
    const lines = new Lines(max_line_size);
    lines.read(bytes, makerOf(format, { path: undefined, source, readAt: clock.now() }), events);
    lines.end(makerOf(format, { path: undefined, source, readAt: clock.now() }), events);
    return { format: 'lines', events };
  },
});

export interface StdinOptions {
  readonly format: Format;
  readonly source: string;
  readonly max_line_size: number;
}

export class StdinReceiver implements Receiver {
  readonly #options: StdinOptions;
  readonly #context: Context;
  readonly #flow: Flow;
  readonly #truncated: Counter;
  readonly #open: () => Readable;
  /** Undefined before `start`, and once a successor has it. */
  #input: Readable | undefined;
  #lines: Lines;
  #ended = false;

  constructor(options: StdinOptions, context: Context, sink: Sink, open: () => Readable) {
    this.#options = options;
    this.#context = context;
    this.#open = open;
    this.#lines = new Lines(options.max_line_size);
    this.#truncated = context.counter('stdin_lines_truncated', 'Lines longer than max_line_size, which were cut.');
    this.#flow = new Flow(sink, () => (this.#input ? [this.#input] : []));
  }

  adopt(predecessor: this): void {
    this.#input = predecessor.#input;
    this.#lines = predecessor.#lines;
    this.#ended = predecessor.#ended;
    predecessor.#detach();
    this.#attach();
    this.#flow.takeOver(predecessor.#flow);
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#input || this.#ended) return;
    const input = this.#open();
    if (input.listenerCount('data') > 0) {
      throw new StartError('standard input is read by another receiver already: keep one of them.');
    }
    this.#input = input;
    this.#attach();
    // One that was stopped before has paused it for good.
    input.resume();
  }

  async stop(): Promise<void> {
    const input = this.#input;
    this.#detach();
    input?.pause();
    if (input) this.#finish();
    this.#flow.flush();
  }

  #attach(): void {
    this.#input?.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onEnd);
  }

  #detach(): void {
    this.#input?.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onEnd);
    this.#input = undefined;
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#push((make, events) => this.#lines.read(chunk, make, events));
  };

  readonly #onEnd = (): void => {
    this.#detach();
    this.#ended = true;
    this.#finish();
    this.#context.log.info('standard input has ended; the collector runs on without it');
  };

  /** A last line that nothing ends is a line. */
  #finish(): void {
    this.#push((make, events) => this.#lines.end(make, events));
  }

  #push(read: (make: EventMaker, events: Event[]) => number): void {
    const { format, source } = this.#options;
    const events: Event[] = [];
    const truncated = read(makerOf(format, { path: undefined, source, readAt: this.#context.clock.now() }), events);
    if (truncated > 0) this.#truncated.add(truncated);
    if (events.length > 0) this.#flow.deliver(events);
  }
}

/** Cuts chunks into lines; a half one waits for the next chunk. Both return how many lines were too long. */
class Lines {
  readonly #framer: Framer;

  constructor(maxBytes: number) {
    this.#framer = new Framer('newline', maxBytes);
  }

  read(chunk: Buffer, make: EventMaker, events: Event[]): number {
    return frames((sink) => this.#framer.feed(chunk, sink), make, events);
  }

  end(make: EventMaker, events: Event[]): number {
    return frames((sink) => this.#framer.end(sink), make, events);
  }
}

function frames(read: (sink: Parameters<Framer['end']>[0]) => unknown, make: EventMaker, events: Event[]): number {
  let cut = 0;
  read({
    frame(bytes, start, end, truncated) {
      if (truncated) cut += 1;
      events.push(make(bytes, start, end, truncated));
    },
  });
  return cut;
}
