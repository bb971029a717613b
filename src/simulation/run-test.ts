/** Runs one test of the `tests` block in a collector of its own, and compares what came of it with what it wants. */
import type { Catalog } from '../component/catalog.ts';
import type { Configuration, Position } from '../component/configuration.ts';
import type { Event } from '../component/event.ts';
import { eventFromJson, eventToJson, type WireEvent } from '../lib/event-json.ts';
import { matchesRequest, mismatch } from './matching.ts';
import { requestText } from './request-text.ts';
import { Simulation } from './simulation.ts';
import type { Expectation, TestCase, TestInput } from './tests-block.ts';
import { Trace, type Step } from './trace.ts';

export interface TestResult {
  readonly name: string;
  readonly position: Position;
  readonly failures: readonly TestFailure[];
}

export interface TestFailure {
  readonly message: string;
  readonly position: Position;
  /** Row by row what was wanted and what came; undefined where there is none. */
  readonly rows: readonly { readonly wanted: unknown; readonly got: unknown; readonly right: boolean }[];
  /** Where events went that should have come. */
  readonly journeys: readonly Journey[];
}

export interface Journey {
  readonly title: string;
  /** How it ended; with the line that decided where one did. */
  readonly ends: readonly { readonly what: string; readonly position?: Position }[];
}

export async function runTest(test: TestCase, configuration: Configuration, catalog: Catalog): Promise<TestResult> {
  const { name, position, startsAt, script } = test;
  const trace = new Trace();
  const simulation = await Simulation.start(configuration, catalog, { startsAt, script, watcher: trace });
  const failures: TestFailure[] = [];
  for (const input of test.inputs) failures.push(...(await take(input, simulation)));
  const waiting = await simulation.finish();
  const came = (exporter: string, what: Expectation['what']): unknown[] => {
    if (what === 'waiting')
      return Array.from({ length: waiting.get(exporter)?.events ?? 0 }, () => waiting.get(exporter)!.reason);
    if (what === 'dead_lettered')
      return simulation.deadLetters.filter(({ holder }) => holder === exporter).map(({ event }) => eventToJson(event));
    const requests = simulation.requests.filter((request) => request.exporter === exporter);
    if (what === 'requests') return requests.map(({ request }) => requestText(request, { pretty: false }));
    return requests.filter(({ verdict }) => verdict === 'sent').flatMap(({ events }) => events.map(eventToJson));
  };
  for (const expectation of test.expectations) {
    const failure = compare(expectation, came(expectation.exporter, expectation.what), trace.steps);
    if (failure) failures.push(failure);
  }
  return { name, position, failures };
}

/** What a receiver refuses is a failure of its own: the test means it to be taken. */
async function take(input: TestInput, simulation: Simulation): Promise<TestFailure[]> {
  if (input.kind === 'advance') {
    await simulation.advance(input.ms);
    return [];
  }
  for (let count = 0; count < input.times; count += 1) {
    if (input.kind === 'event') {
      const event = eventFromJson(input.event, simulation.clock.now(), 'test') as Event;
      await simulation.enter(input.pipeline, [event]);
      continue;
    }
    try {
      const decoded = simulation.decode(input.receiver, Buffer.from(input.raw), input.from);
      if (!decoded) throw new Error('it takes no bytes');
      await simulation.receive(input.receiver, decoded.events);
    } catch (error) {
      const message = `${input.receiver} refuses the input: ${error instanceof Error ? error.message : String(error)}`;
      return [{ message, position: input.position, rows: [], journeys: [] }];
    }
  }
  return [];
}

function compare(
  { exporter, what, position, wanted }: Expectation,
  got: readonly unknown[],
  steps: readonly Step[],
): TestFailure | undefined {
  const heading = what === 'sent' ? exporter : `${exporter}, ${what.replace('_', '-')}`;
  if (typeof wanted === 'number') {
    if (wanted === got.length) return undefined;
    const rows = got.slice(wanted).map((one) => ({ wanted: undefined, got: one, right: false }));
    return {
      message: `${heading}: wanted ${wanted}, got ${got.length}`,
      position,
      rows,
      journeys: wanted > got.length ? journeysTo(exporter, steps) : [],
    };
  }
  const rows = Array.from({ length: Math.max(wanted.length, got.length) }, (_, index) => {
    const want = wanted[index];
    const right =
      want !== undefined &&
      index < got.length &&
      (what === 'requests'
        ? matchesRequest(want.value, got[index] as string)
        : mismatch(want.value, got[index] as WireEvent) === undefined);
    return { wanted: want?.value, got: got[index], right };
  });
  const first = rows.findIndex(({ right }) => !right);
  if (first === -1) return undefined;
  const message =
    wanted.length === got.length
      ? `${heading}: number ${first + 1} is not as wanted`
      : `${heading}: wanted ${wanted.length}, got ${got.length}`;
  return {
    message,
    position: wanted[first]?.position ?? position,
    rows,
    journeys: wanted.length > got.length ? journeysTo(exporter, steps) : [],
  };
}

/** Every event that came in and did not come to the exporter, and where it went instead. */
function journeysTo(exporter: string, steps: readonly Step[]): Journey[] {
  const journeys = new Map<string, { title: string; ends: Journey['ends'][number][] }>();
  const arrived = new Set<string>();
  for (const step of steps) {
    const { event_id: id, title } = step.event;
    if (!journeys.has(id)) journeys.set(id, { title, ends: [] });
    const { ends } = journeys.get(id)!;
    if (step.kind === 'sent' && step.exporter === exporter) arrived.add(id);
    else if (step.kind === 'queued')
      ends.push({
        what:
          step.exporter === exporter
            ? `came to ${exporter}, which did not take it in time`
            : `came to ${step.exporter}`,
      });
    else if (step.kind === 'dropped') {
      const where = 'pipeline' in step.place ? `pipeline ${step.place.pipeline}` : step.place.exporter;
      const how = step.drop?.how === 'suppressed' ? 'held back' : step.drop?.how === 'failed' ? 'failed' : 'dropped';
      const why = step.drop?.reason === undefined ? '' : `: ${step.drop.reason}`;
      ends.push({ what: `${how} by ${step.processor} of ${where}${why}`, position: step.position });
    } else if (step.kind === 'refused' && step.exporter === exporter)
      ends.push({ what: `refused by ${exporter}: ${step.reason ?? ''}` });
    else if (step.kind === 'unwanted' && step.exporter === exporter) ends.push({ what: `not wanted by ${exporter}` });
  }
  return [...journeys].filter(([id]) => !arrived.has(id)).map(([, journey]) => journey);
}
