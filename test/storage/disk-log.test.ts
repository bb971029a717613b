import { appendFile, open as openFile, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { encodeCheckpoint } from '../../src/storage/checkpoint.ts';
import { DiskLog, type DiskLogOptions } from '../../src/storage/disk-log.ts';
import { eventually } from '../support/eventually.ts';
import { FakeClock, fakeContext } from '../support/fakes.ts';
import { recordsOf } from '../support/records.ts';
import { temporaryDirectory } from '../support/temporary.ts';

async function setup(options: Partial<DiskLogOptions> = {}) {
  const directory = await temporaryDirectory();
  const { log, lines } = fakeContext();
  const context = { clock: new FakeClock() };
  const found: string[] = [];
  const open = async () => {
    found.length = 0;
    const opened = await DiskLog.open({
      directory,
      segmentBytes: 300,
      clock: context.clock,
      log,
      onFound: ({ payload }) => void found.push(payload.toString()),
      ...options,
    });
    onTestFinished(() => opened.close());
    return opened;
  };
  const segments = async () => (await readdir(directory)).filter((name) => name.endsWith('.log')).sort();
  /** What is in the directory, file by file. */
  const look = async () => {
    const names = (await readdir(directory)).sort();
    const seen = names.map((name) =>
      stat(join(directory, name)).then(({ size, mtimeMs }) => `${name} ${size} ${mtimeMs}`),
    );
    return (await Promise.allSettled(seen)).map((one) => (one.status === 'fulfilled' ? one.value : 'gone')).join('\n');
  };
  /** As if the process were killed: what it would do later, it does not. What it has begun it ends, as two of them cannot share a directory. */
  const kill = async () => {
    context.clock = new FakeClock();
    const looks: string[] = [];
    await eventually(async () => looks.push(await look()) > 2 && new Set(looks.slice(-3)).size === 1, 'it is still');
    return open();
  };
  const advance = (ms: number) => context.clock.advance(ms);
  return { directory, lines, found, open, kill, segments, advance };
}

const texts = (from: number, count: number): Buffer[] =>
  Array.from({ length: count }, (_, n) => Buffer.from(`record ${from + n}`));

/** Ten records in a file of about 300 bytes. */
async function fill(log: DiskLog, records: number): Promise<void> {
  for (let n = 0; n < records; n += 10) await log.append(recordsOf(texts(n, Math.min(10, records - n))));
}

async function readAll(log: DiskLog): Promise<string[]> {
  const all: string[] = [];
  let from = log.first;
  while (from < log.next) {
    const { records, next } = await log.read(from, 7, 1_000);
    expect(next).toBeGreaterThan(from);
    all.push(...records.map(({ payload }) => payload.toString()));
    from = next;
  }
  return all;
}

const named = (...numbers: number[]) => numbers.map((n) => `record ${n}`);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

test('what was appended is read, in order, now and after a restart', async () => {
  const { open, found } = await setup();
  const log = await open();
  expect(await log.append(recordsOf(texts(0, 3)))).toBe(0);
  expect(await log.append(recordsOf(texts(3, 2)))).toBe(3);
  expect(await readAll(log)).toEqual(named(0, 1, 2, 3, 4));
  await log.close();
  const next = await open();
  expect(next).toMatchObject({ recovered: 5, records: 5, damaged: 0, next: 5 });
  expect(found).toEqual(named(0, 1, 2, 3, 4));
  expect(await readAll(next)).toEqual(named(0, 1, 2, 3, 4));
  expect(await next.append(recordsOf(texts(5, 1)))).toBe(5);
});

test('appends that come together share a sync', async () => {
  const { open } = await setup({ segmentBytes: 1_000_000 });
  const log = await open();
  const firsts = await Promise.all(range(0, 100).map((n) => log.append(recordsOf(texts(n, 1)))));
  expect(firsts).toEqual(range(0, 100));
  expect(log.syncs).toBe(1);
});

test('acknowledged records are not read again, in any order, also after a kill', async () => {
  const { open, kill } = await setup();
  const log = await open();
  await fill(log, 30);
  log.acknowledge([0, 1, 2, 5, 17, 18, 29]);
  const left = range(3, 29).filter((n) => ![5, 17, 18].includes(n));
  expect(await readAll(log)).toEqual(named(...left));
  expect(log).toMatchObject({ first: 3, records: 23 });
  const next = await kill();
  expect(await readAll(next)).toEqual(named(...left));
  expect(next).toMatchObject({ first: 3, records: 23, recovered: 23, damaged: 0 });
});

test('bytes are those of the waiting records', async () => {
  const { open } = await setup();
  const log = await open();
  await fill(log, 30);
  const whole = log.bytes;
  expect(whole).toBe(range(0, 30).reduce((sum, n) => sum + 18 + `record ${n}`.length, 0));
  log.acknowledge(range(0, 10));
  expect(log.bytes).toBe(whole - 10 * 26);
  log.acknowledge(range(0, 30));
  expect(log).toMatchObject({ bytes: 0, records: 0 });
});

test('files go when all of their records are acknowledged, and the numbers go on', async () => {
  const { open, segments, advance } = await setup();
  const log = await open();
  await fill(log, 60);
  const before = await segments();
  expect(before).toHaveLength(3);
  log.acknowledge(range(20, 40));
  await eventually(async () => (await segments()).length < before.length, 'a file in the middle goes');
  log.acknowledge(range(0, 60));
  advance(1_000);
  await eventually(async () => (await segments()).length === 0, 'all files go');
  await log.close();
  const next = await open();
  expect(next).toMatchObject({ records: 0, recovered: 0, damaged: 0, next: 60 });
  expect(await next.append(recordsOf(texts(60, 1)))).toBe(60);
});

test('one record can be read by itself', async () => {
  const { open } = await setup();
  const log = await open();
  await fill(log, 30);
  log.acknowledge([12]);
  expect((await log.readOne(17))?.payload.toString()).toBe('record 17');
  expect(await log.readOne(12)).toBeUndefined();
  expect(await log.readOne(99)).toBeUndefined();
});

describe('a damaged log starts, loses the damaged records only, counts them and keeps the file', () => {
  async function damaged(damage: (path: (index: number) => string, names: string[]) => Promise<void>, records = 60) {
    const context = await setup();
    const log = await context.open();
    await fill(log, records);
    await log.close();
    const names = await context.segments();
    await damage((index) => join(context.directory, names.at(index)!), names);
    const next = await context.open();
    const bad = (await readdir(context.directory)).filter((name) => name.endsWith('.bad'));
    return { ...context, next, bad, read: await readAll(next), names };
  }

  test('a flipped bit in the middle', async () => {
    const { next, read, bad, lines, found, names } = await damaged(async (path) => {
      const bytes = await readFile(path(1));
      bytes[bytes.indexOf('record 2') + 7]! ^= 4;
      await writeFile(path(1), bytes);
    });
    expect(next.damaged).toBe(1);
    expect(read).toHaveLength(59);
    expect(found).toEqual(read);
    expect(next.recovered).toBe(60);
    expect(bad).toEqual([`${names[1]}.bad`]);
    expect(lines).toMatchObject([
      { level: 'error', message: 'events lost: a queue file is damaged', fields: { events: 1 } },
    ]);
  });

  test('a torn tail', async () => {
    const { next, read, bad } = await damaged(async (path) =>
      truncate(path(-1), (await readFile(path(-1))).length - 3),
    );
    expect([next.damaged, read, bad.length]).toEqual([1, named(...range(0, 59)), 1]);
  });

  test('a zero-filled tail', async () => {
    const { next, read, bad } = await damaged(async (path) => {
      const bytes = await readFile(path(-1));
      bytes.fill(0, bytes.length - 40);
      await writeFile(path(-1), bytes);
    });
    expect([next.damaged, read, bad.length]).toEqual([2, named(...range(0, 58)), 1]);
  });

  test('a truncated file', async () => {
    const { next, read, bad } = await damaged((path) => truncate(path(1), 100));
    expect(next.damaged).toBe(60 - read.length);
    expect(read.slice(0, 3)).toEqual(named(0, 1, 2));
    expect(bad).toHaveLength(1);
  });

  test.for([0, 1, -1])('an emptied file (%i)', async (index) => {
    const { next, read, bad } = await damaged((path) => truncate(path(index), 0));
    expect(next.damaged).toBe(60 - read.length);
    expect(read.length).toBeGreaterThanOrEqual(40);
    expect(bad).toHaveLength(1);
  });

  test.for([0, 1, -1])('a missing file (%i)', async (index) => {
    const { next, read } = await damaged((path) => rm(path(index)));
    expect(next.damaged).toBe(60 - read.length);
    expect(next.damaged).toBeGreaterThan(0);
    expect(read.length).toBeGreaterThanOrEqual(40);
  });

  test('a damaged header', async () => {
    const { next, read, bad } = await damaged(async (path) => {
      const bytes = await readFile(path(1));
      bytes.fill(7, 0, 8);
      await writeFile(path(1), bytes);
    });
    expect([next.damaged, read.length, bad.length]).toEqual([0, 60, 1]);
  });

  test('garbage after the end', async () => {
    const { next, read } = await damaged((path) => appendFile(path(-1), Buffer.alloc(1_000, 0xe5)));
    expect(read).toEqual(named(...range(0, 60)));
    expect(next.damaged).toBe(1);
    expect(await next.append(recordsOf(texts(60, 1)))).toBe(60);
  });

  test('what is damaged stays lost: a second start counts nothing', async () => {
    const { next, open } = await damaged((path) => truncate(path(1), 100));
    await next.close();
    const again = await open();
    expect([again.damaged, again.records]).toEqual([0, next.records]);
  });

  test('damage while it runs costs the damaged records only, too', async () => {
    const losses: number[] = [];
    const { open, directory, segments } = await setup({ onDamaged: (records) => void losses.push(records) });
    const log = await open();
    await fill(log, 60);
    const path = join(directory, (await segments())[2]!);
    const bytes = await readFile(path);
    bytes.fill(0, 50, 60);
    await writeFile(path, bytes);
    expect(await readAll(log)).toHaveLength(59);
    expect([log.damaged, losses, log.records]).toEqual([1, [1], 59]);
  });

  test('only a few damaged files are kept', async () => {
    const { directory } = await damaged(async (path, names) => {
      for (const index of names.keys()) await truncate(path(index), 50);
    }, 160);
    expect((await readdir(directory)).filter((name) => name.endsWith('.bad'))).toHaveLength(4);
  });
});

test('a sync that fails: no append counts, the file is never synced again, the next one begins another', async () => {
  const { open, directory, segments, lines } = await setup({ segmentBytes: 1_000_000 });
  const log = await open();
  await log.append(recordsOf(texts(0, 2)));
  const file = await openFile(join(directory, 'checkpoint'), 'a');
  const sync = vi.spyOn(Object.getPrototypeOf(file) as typeof file, 'datasync');
  await file.close();
  onTestFinished(() => sync.mockRestore());
  sync.mockRejectedValueOnce(Object.assign(new Error('EIO'), { code: 'EIO' }));
  const appends = await Promise.allSettled([log.append(recordsOf(texts(2, 2))), log.append(recordsOf(texts(4, 2)))]);
  expect(appends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(log).toMatchObject({ failing: true, records: 2, pendingBytes: 0 });
  const before = sync.mock.contexts.length;
  expect(await log.append(recordsOf(texts(6, 2)))).toBe(2);
  expect(log.failing).toBe(false);
  const abandoned = sync.mock.contexts[before - 1];
  expect(sync.mock.contexts.slice(before)).not.toContain(abandoned);
  expect(await segments()).toHaveLength(2);
  expect(await readAll(log)).toEqual(named(0, 1, 6, 7));
  await log.close();
  expect(await readAll(await open())).toEqual(named(0, 1, 6, 7));
  expect(lines.map(({ level, fields }) => [level, (fields as { reason?: string }).reason])).toEqual([
    ['error', 'EIO'],
    ['info', undefined],
  ]);
});

describe('a bad checkpoint loses nothing', () => {
  test.for([
    ['empty', () => ''],
    ['garbage', () => '\u0000\u0001garbage\n12\n'],
    ['of another sum', (text: string) => text.replace('"floor":25', '"floor":55')],
    ['older than the oldest file', () => encodeCheckpoint({ floor: 0, runs: [], synced: 10 })],
  ] as const)('%s', async ([, change]) => {
    const { open, directory } = await setup();
    const log = await open();
    await fill(log, 60);
    log.acknowledge(range(0, 25));
    await log.close();
    const path = join(directory, 'checkpoint');
    await writeFile(path, change(await readFile(path, 'utf8')));
    const next = await open();
    expect(await readAll(next)).toEqual(expect.arrayContaining(named(...range(25, 60))));
    expect(await next.append(recordsOf(texts(60, 1)))).toBe(60);
  });

  test('missing: what the first file holds is sent again', async () => {
    const { open, directory } = await setup();
    const log = await open();
    await fill(log, 20);
    log.acknowledge(range(0, 12));
    await log.close();
    await rm(join(directory, 'checkpoint'));
    const next = await open();
    expect((await readAll(next)).slice(-8)).toEqual(named(...range(12, 20)));
    expect(next.damaged).toBe(0);
  });

  test('torn journal: its sound part counts', async () => {
    const { open, kill, directory } = await setup();
    const log = await open();
    await fill(log, 20);
    log.acknowledge([0, 1, 2]);
    log.acknowledge([4]);
    log.acknowledge([6]);
    const journal = (await readdir(directory)).find((name) => name.startsWith('acks.'))!;
    await truncate(join(directory, journal), 16 * 2 + 7);
    const next = await kill();
    expect((await readAll(next)).slice(0, 3)).toEqual(named(3, 5, 6));
  });
});

test('a log that was used and reopened at random holds what it should (property)', { timeout: 60_000 }, async () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('append' as const),
      sizes: fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 12 }),
    }),
    fc.record({ kind: fc.constant('acknowledge' as const), picks: fc.array(fc.nat(), { maxLength: 12 }) }),
    fc.record({ kind: fc.constant('acknowledge oldest' as const), count: fc.nat(15) }),
    fc.record({ kind: fc.constantFrom('restart' as const, 'kill' as const, 'time' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { open, kill, advance } = await setup();
      let log = await open();
      const model = new Map<number, string>();
      for (const one of steps) {
        switch (one.kind) {
          case 'append': {
            const payloads = one.sizes.map((size, index) => Buffer.alloc(size, `${log.next + index} `));
            const first = await log.append(recordsOf(payloads));
            for (const [index, payload] of payloads.entries()) model.set(first + index, payload.toString());
            break;
          }
          case 'acknowledge':
          case 'acknowledge oldest': {
            const waiting = [...model.keys()];
            const picked =
              one.kind === 'acknowledge'
                ? one.picks.flatMap((pick) => waiting[pick % waiting.length] ?? [])
                : waiting.slice(0, one.count);
            log.acknowledge(picked);
            for (const sequence of picked) model.delete(sequence);
            break;
          }
          case 'time':
            advance(1_000);
            break;
          case 'restart':
            await log.close();
            log = await open();
            break;
          case 'kill':
            log = await kill();
            break;
        }
        expect(log.records).toBe(model.size);
      }
      expect(await readAll(log)).toEqual([...model.values()]);
      expect(log.damaged).toBe(0);
      expect(log.bytes).toBe([...model.values()].reduce((sum, text) => sum + text.length + 18, 0));
    }),
    { numRuns: 60 },
  );
});
