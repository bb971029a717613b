import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Reloader, type ReloaderParts } from '../../src/agent/reloader.ts';
import type { ReloadReport } from '../../src/agent/status.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Graph } from '../../src/pipeline/graph.ts';
import { fakeContext } from '../support/fakes.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const APPLIED = { entries: [], empty: false };

/** A reloader of a good file, over a graph that does what the test says. */
async function setUp(parts: Partial<ReloaderParts> & { apply?: () => Promise<unknown>; bar?: () => void } = {}) {
  const { apply = () => Promise.resolve(APPLIED), bar = () => {}, ...others } = parts;
  const file = join(await temporaryDirectory(), 'collector.yaml');
  await writeFile(file, 'receivers: { internal: {} }\nexporters: { console: {} }\n');
  const { log, lines } = fakeContext('collector');
  const tried: (readonly [ReloadReport['result'], readonly string[] | undefined])[] = [];
  const reloader = new Reloader({
    file,
    reading: { env: {} },
    graph: { apply, bar } as unknown as Graph,
    clock: systemClock,
    log,
    onRead: () => {},
    onApplied: () => Promise.resolve(),
    onTried: (report, watch) => {
      tried.push([report.result, watch]);
      return Promise.resolve();
    },
    ...others,
  });
  const errors = () => lines.filter(({ level }) => level === 'error').map(({ message }) => message);
  return { file, reloader, tried, lines, errors };
}

test('an error that nobody foresaw refuses one edit, with its words in the log alone, and the next is taken over', async () => {
  const failure = new TypeError('token-in-the-clear');
  const errors = [failure];
  const { file, reloader, tried, lines } = await setUp({
    apply: () => (errors.length > 0 ? Promise.reject(errors.pop()!) : Promise.resolve(APPLIED)),
  });
  const [refused, applied] = await Promise.all([reloader.reload('one'), reloader.reload('two')]);
  expect(refused).toMatchObject({ result: 'refused', trigger: 'one', problems: [{ file, severity: 'error' }] });
  expect(JSON.stringify(refused)).not.toContain('token-in-the-clear');
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 'error', fields: expect.objectContaining({ error: failure }) }),
  );
  expect(applied).toMatchObject({ result: 'applied', trigger: 'two' });
  expect(tried).toEqual([
    ['refused', [file]],
    ['applied', [file]],
  ]);
});

test('a file whose reading breaks off is refused, and the same files are watched on', async () => {
  const env = new Proxy(
    {},
    {
      get() {
        throw new RangeError('no variables today');
      },
    },
  );
  const { file, reloader, tried } = await setUp({ reading: { env } });
  await writeFile(file, 'exporters: { http: { url: "${env:URL}" } }\n');
  expect((await reloader.reload('one')).result).toBe('refused');
  expect(tried).toEqual([['refused', undefined]]);
});

test('an edit that is at work is not called refused for what fails after it, nor for who cannot be told', async () => {
  const { reloader, errors } = await setUp({
    onApplied: () => Promise.reject(new Error('the disk is full')),
    onTried: () => Promise.reject(new Error('too many watches')),
  });
  expect((await reloader.reload('one')).result).toBe('applied');
  expect((await reloader.reload('two')).result).toBe('applied');
  expect(errors()).toHaveLength(4);
});

test('closed, it gives up the edit under way, waits for its end, and refuses those that follow', async () => {
  let begun = (): void => {};
  const underWay = new Promise<void>((resolve) => (begun = resolve));
  let giveUp: (error: Error) => void = () => {};
  const { reloader, tried, errors } = await setUp({
    apply: () => {
      begun();
      return new Promise((_, reject) => (giveUp = reject));
    },
    bar: () => giveUp(new Error('the collector stops')),
  });
  const first = reloader.reload('one');
  const second = reloader.reload('two');
  await underWay;
  let ended = false;
  void first.then(() => (ended = true));
  await reloader.close();
  expect(ended).toBe(true);
  const later = reloader.reload('three');
  for (const reload of [first, second, later]) {
    const { result, problems } = await reload;
    expect([result, problems?.[0]?.message]).toEqual(['refused', expect.stringContaining('the collector stops')]);
  }
  expect([tried, errors()]).toEqual([[], []]);
});

test('a start that does not heed its signal holds the close up no longer than a moment', async () => {
  const { reloader } = await setUp({ apply: () => new Promise(() => {}) });
  void reloader.reload('one');
  const began = performance.now();
  await reloader.close();
  expect(performance.now() - began).toBeLessThan(5_000);
});
