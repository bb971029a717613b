import { describe, expect, onTestFinished, test } from 'vitest';
import type { Exporter, ExporterDefinition, Verdict } from '../../src/component/component.ts';
import type { ObjectField } from '../../src/component/schema.ts';
import { event, fakeContext } from './fakes.ts';
import { serve, type TestAnswer } from './http-server.ts';

interface Case {
  /** Checked options, defaults filled in, which deliver to `url`; `s3cret-…` texts in them are secrets. */
  config(url: string): object;
  /** What a contented server answers. */
  success: TestAnswer;
  /** Verdicts that differ from the usual ones, by status. */
  verdicts?: Readonly<Record<number, Verdict['kind']>>;
}

/** What most destinations mean by a status. */
const USUAL: Readonly<Record<number, Verdict['kind']>> = {
  301: 'misconfigured',
  302: 'refused',
  307: 'refused',
  308: 'misconfigured',
  400: 'refused',
  413: 'refused',
  422: 'refused',
  401: 'misconfigured',
  403: 'misconfigured',
  404: 'misconfigured',
  410: 'misconfigured',
  408: 'later',
  429: 'later',
  500: 'later',
  502: 'later',
  503: 'later',
  504: 'later',
};

const SECRET = /s3cret/i;

/** What every HTTP exporter owes the pipeline. Each exporter's test file calls it once. */
export function exporterContract(definition: ExporterDefinition, { config, success, verdicts }: Case): void {
  const create = (url: string, batched = false): Exporter => {
    const exporter = definition.create(config(url) as never, { ...fakeContext(), batched });
    onTestFinished(() => exporter.stop?.());
    return exporter;
  };
  const deliver = async (url: string, signal: AbortSignal = new AbortController().signal): Promise<Verdict> => {
    const exporter = create(url);
    const [first] = exporter.encode([event()]);
    return exporter.send(first!.request, signal);
  };

  describe(`${definition.type}: exporter contract`, () => {
    test('delivers', async () => {
      const server = await serve(success);
      expect(await deliver(server.url)).toMatchObject({ kind: 'sent' });
      expect(server.seen).toHaveLength(1);
    });

    test('makes one request a send, each event in one of them, in order, and the same again from the same events', async () => {
      for (const batched of [false, true]) {
        const exporter = create('http://127.0.0.1:1/', batched);
        const events = ['one', 'two', 'three'].map((title) => event({ eventId: title, title, message: title }));
        const encoded = exporter.encode(events);
        expect(encoded.reduce((sum, one) => sum + one.events, 0)).toBe(3);
        expect(exporter.encode(events)).toEqual(encoded);
        expect(exporter.encode([])).toEqual([]);
      }
    });

    test.for(Object.entries({ ...USUAL, ...verdicts }))('%s is %s', async ([status, kind]) => {
      const server = await serve({
        status: Number(status),
        body: 'no',
        headers: { location: 'http://127.0.0.1:1/elsewhere' },
      });
      expect(await deliver(server.url)).toMatchObject({ kind });
      expect(server.seen).toHaveLength(1);
    });

    test('passes Retry-After on', async () => {
      const server = await serve({ status: 429, body: 'no', headers: { 'retry-after': '7' } });
      expect(await deliver(server.url)).toMatchObject({ kind: 'later', notBeforeMs: 7_000 });
    });

    test('takes a server that hangs up, or is not there, for one to try later', async () => {
      const server = await serve({ status: 'hang up' });
      expect(await deliver(server.url)).toMatchObject({ kind: 'later' });
      expect(await deliver('http://127.0.0.1:1/')).toMatchObject({ kind: 'later' });
    });

    test('stops when told to, before and while it waits', async () => {
      const server = await serve({ status: 'never' });
      await expect(deliver(server.url, AbortSignal.timeout(30))).rejects.toThrow('timeout');
      await expect(deliver(server.url, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    });

    test('keeps its secrets, and what the destination echoes of them, out of its verdicts', async () => {
      expect(JSON.stringify(await deliver('http://127.0.0.1:1/s3cret-T0KEN'))).not.toMatch(SECRET);
      for (const status of [200, 302, 400, 401, 404, 429, 500]) {
        const server = await serve(({ path, headers }) => ({
          status,
          body: `Bearer s3cret-T0KEN ${path} ${JSON.stringify(headers)}`,
        }));
        const verdict = JSON.stringify(await deliver(server.url));
        expect(verdict).not.toMatch(SECRET);
      }
    });

    test('releases everything, without a send and twice', async () => {
      const exporter = definition.create(config('http://127.0.0.1:1/') as never, fakeContext());
      await exporter.stop?.();
      await exporter.stop?.();
    });

    test('describes itself: every option, and an example with documented options only', () => {
      expect(definition.summary).toMatch(/^[A-Z].*\.$/);
      expect(undescribed(definition.schema)).toEqual([]);
      for (const name of Object.keys(definition.example))
        expect(Object.keys(definition.schema.properties)).toContain(name);
    });
  });
}

function undescribed(schema: ObjectField): string[] {
  return Object.entries(schema.properties).flatMap(([name, field]) => [
    ...(field.description ? [] : [name]),
    ...('properties' in field ? undescribed(field).map((inner) => `${name}.${inner}`) : []),
  ]);
}
