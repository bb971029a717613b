/**
 * report: collects the events that come by, and now and then sends one that sums them up.
 *
 * When? Every `interval`, or as `cron` says. What was collected belongs to the component's id: a
 * reload or a restart loses none of it, and a report that fell due meanwhile is sent then. With
 * `pass: false` the events themselves go no further; they are counted as suppressed, and told.
 */
import { retainSound } from '../component/batch.ts';
import {
  defineProcessor,
  type Context,
  type OptionProblem,
  type Processor,
  type ProcessorOutput,
} from '../component/component.ts';
import { ConfigError } from '../component/errors.ts';
import { LEVELS, type Event } from '../component/event.ts';
import type { ConfigOf } from '../component/schema.ts';
import { rfc3339 } from '../lib/event-json.ts';
import { isZone } from '../lib/syslog/zone.ts';
import { Digest } from './report/digest.ts';
import { reportOf, type Look } from './report/report-event.ts';
import { cronSchedule, everySchedule, problemWithCron, type Schedule } from './report/schedule.ts';

/** The wall clock may be set while we wait. */
const MAX_DELAY_MS = 60_000;

const schema = {
  type: 'object',
  additionalProperties: false,
  required: [],
  properties: {
    interval: {
      type: 'number',
      format: 'duration',
      minimum: 1_000,
      description: 'How long after a report the next one is due: 1h, 1d. Either this or cron.',
      examples: ['1d'],
    },
    cron: {
      type: 'string',
      maxLength: 256,
      description: 'When reports are due: minute, hour, day of month, month, weekday. Either this or interval.',
      examples: ['0 8 * * 1-5'],
    },
    timezone: {
      type: 'string',
      description: 'For cron and for the times in the message: an IANA name. Default: the process’s.',
      examples: ['Europe/Berlin'],
    },
    pass: {
      type: 'boolean',
      default: true,
      description: 'Whether the events themselves go on too.',
    },
    send_empty: {
      type: 'boolean',
      default: false,
      description: 'Whether a period in which nothing happened has a report that says so.',
    },
    title: {
      type: 'string',
      minLength: 1,
      maxLength: 100,
      default: 'Report',
      description: 'What the title begins with.',
    },
    level: { type: 'string', enum: LEVELS, default: 'info', description: 'The level of the report itself.' },
    top: {
      type: 'integer',
      minimum: 1,
      maximum: 50,
      default: 10,
      description:
        'How many sources, types and titles are listed, the commonest first. Of rare ones among very many the counts are least ones.',
    },
  },
} as const;

type Options = ConfigOf<typeof schema>;

export default defineProcessor({
  type: 'report',
  stability: 'beta',
  summary: 'Sums up the events that come by in one event, every hour, every day or as a cron table says.',
  schema,
  example: { cron: '0 8 * * 1-5', timezone: 'Europe/Berlin', title: 'Web servers', pass: false },
  check: problemsOf,
  create: (options, context) => new Report(options, context),
});

class Report implements Processor {
  readonly #context: Context;
  readonly #schedule: Schedule;
  readonly #look: Look;
  readonly #passOn: boolean;
  readonly #sendEmpty: boolean;
  #digest: Digest;
  /** Unix milliseconds. */
  #due: number;
  #output: ProcessorOutput | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: Options, context: Context) {
    const wrong = problemsOf(options).find(({ severity }) => severity === 'error');
    if (wrong) throw new ConfigError(wrong.message, { path: wrong.path });
    const { interval, cron, timezone, pass, send_empty, title, level, top } = options;
    this.#context = context;
    this.#schedule = interval === undefined ? cronSchedule(cron!, timezone) : everySchedule(interval);
    this.#look = { title, level, top, timezone };
    this.#passOn = pass;
    this.#sendEmpty = send_empty;
    const now = context.clock.now();
    this.#digest = new Digest(now);
    this.#due = this.#schedule.next(now);
  }

  process(batch: Event[], output: ProcessorOutput): void {
    const now = this.#context.clock.now();
    // What came due before these events does not tell of them.
    this.#output = output;
    if (now >= this.#due) this.#send(now);
    const collects = (event: Event): boolean => {
      this.#digest.add(event, now);
      return this.#passOn;
    };
    const dropped = retainSound(batch, collects, output);
    if (dropped > 0) output.dropped('suppressed', dropped);
    if (!this.#cancel) this.#arm();
  }

  objection(): string | undefined {
    return this.#passOn ? undefined : `it is collected for the report at ${rfc3339(this.#due)}`;
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#output = undefined;
  }

  snapshot(): unknown {
    return { schedule: this.#schedule.text, due: this.#due, digest: this.#digest.export() };
  }

  restore(snapshot: unknown): void {
    if (typeof snapshot !== 'object' || snapshot === null) return;
    const { schedule, due, digest } = snapshot as Partial<Record<string, unknown>>;
    const restored = Digest.import(digest);
    if (!restored) return;
    this.#digest = restored;
    // With another schedule the report comes when that says.
    if (schedule === this.#schedule.text && typeof due === 'number') this.#due = due;
  }

  #send(now: number): void {
    const digest = this.#digest;
    this.#digest = new Digest(now);
    this.#due = this.#schedule.next(now, this.#due);
    if (digest.isEmpty && !this.#sendEmpty) return;
    this.#output?.emit(reportOf(digest, this.#look, now));
  }

  #arm(): void {
    const { clock } = this.#context;
    const delay = Math.min(Math.max(this.#due - clock.now(), 0), MAX_DELAY_MS);
    this.#cancel = clock.schedule(delay, () => {
      const now = clock.now();
      if (now >= this.#due) this.#send(now);
      this.#arm();
    });
  }
}

function problemsOf({ interval, cron, timezone }: Options): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const error = (message: string, ...path: string[]) => void problems.push({ severity: 'error', message, path });
  if (interval === undefined && cron === undefined) error('say when: interval: 1d, or cron: "0 8 * * *"');
  if (interval !== undefined && cron !== undefined) error('interval and cron say the same; keep one of them', 'cron');
  const wrong = cron === undefined ? undefined : problemWithCron(cron);
  if (wrong !== undefined) error(wrong, 'cron');
  if (timezone !== undefined && !isZone(timezone)) {
    error(`${timezone} is no time zone: write a name such as Europe/Berlin`, 'timezone');
  }
  return problems;
}
