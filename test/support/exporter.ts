import { Ajv } from 'ajv';
import type { Exporter, ExporterDefinition, Verdict } from '../../src/component/component.ts';
import type { Event } from '../../src/component/event.ts';
import { onTestFinished } from 'vitest';
import { fakeContext, type FakeContext } from './fakes.ts';

// Formats are the loader's business; here only defaults are filled in.
const ajv = new Ajv({ useDefaults: true, strict: false, validateFormats: false });

/** An exporter of these options with its defaults filled in, stopped after the test. */
export function exporterOf<Request>(
  definition: ExporterDefinition,
  options: object,
  context: FakeContext = fakeContext(),
): Exporter<Request> {
  const checked = structuredClone(options);
  const check = ajv.compile(definition.schema);
  if (!check(checked)) throw new Error(ajv.errorsText(check.errors));
  const exporter = definition.create(checked as never, context) as Exporter<Request>;
  onTestFinished(() => exporter.stop?.());
  return exporter;
}

/** The options as `create` and `check` get them. */
export function withDefaults(definition: ExporterDefinition, options: object): never {
  const checked = structuredClone(options);
  ajv.compile(definition.schema)(checked);
  return checked as never;
}

/** Encodes and sends these events, and gives the verdict on each request. */
export async function deliver(
  exporter: Exporter,
  events: readonly Event[],
  signal = AbortSignal.timeout(10_000),
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const { request } of exporter.encode(events)) verdicts.push(await exporter.send(request, signal));
  return verdicts;
}
