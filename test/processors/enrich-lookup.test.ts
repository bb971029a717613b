import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type * as FileSystem from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { StartError } from '../../src/component/errors.ts';
import enrich from '../../src/processors/enrich.ts';
import { parseCsv } from '../../src/processors/enrich/csv.ts';
import { eventually } from '../support/eventually.ts';
import { event, fakeContext, FakeOutput } from '../support/fakes.ts';
import { sharedDirectory } from '../support/temporary.ts';

/** As many of the next reads fail. */
const reads = vi.hoisted(() => ({ fail: 0 }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof FileSystem>();
  const readFile = ((...given: Parameters<typeof real.readFile>) => {
    if (reads.fail === 0) return real.readFile(...given);
    reads.fail -= 1;
    return Promise.reject(Object.assign(new Error('EMFILE'), { code: 'EMFILE', syscall: 'open' }));
  }) as typeof real.readFile;
  return { ...real, readFile };
});

const folder = sharedDirectory();
let files = 0;

function write(text: string, ending = 'csv'): string {
  const file = join(folder, `${(files += 1)}.${ending}`);
  writeFileSync(file, text);
  return file;
}

type Lookup = NonNullable<Parameters<typeof enrich.create>[0]['lookup']>[number];

async function enricher(file: string, options: Partial<Lookup> = {}) {
  const context = fakeContext();
  const processor = enrich.create({ host: false, lookup: [{ file, key: 'metadata.hostname', ...options }] }, context);
  onTestFinished(() => processor.stop?.());
  await processor.start?.(new AbortController().signal);
  const of = (metadata: Record<string, unknown>) => {
    const batch = [event({ metadata })];
    processor.process(batch, new FakeOutput());
    return { ...batch[0]!.metadata };
  };
  return { context, processor, of };
}

const HOSTS = 'name,owner,rack\nweb1,"Jane ""JD"" Doe, ops",7\r\nweb2,,8\n';

describe('a table', () => {
  test('in CSV: each column is a metadata key', async () => {
    const { of } = await enricher(write(HOSTS));
    expect(of({ hostname: 'web1' })).toEqual({ hostname: 'web1', owner: 'Jane "JD" Doe, ops', rack: '7' });
    expect(of({ hostname: 'web2' })).toEqual({ hostname: 'web2', rack: '8' });
  });

  test('leaves events alone that it does not have, and those without a key', async () => {
    const { of } = await enricher(write(HOSTS));
    expect(of({ hostname: 'web9' })).toEqual({ hostname: 'web9' });
    expect(of({ hostname: '__proto__' })).toEqual({ hostname: '__proto__' });
    expect(of({})).toEqual({});
  });

  test('has the columns that are asked for, in one object', async () => {
    const file = write('id;host;team\n1;web1;a\n2;web2;b\n');
    const { of } = await enricher(file, { key_column: 'host', columns: ['team'], target: 'metadata.asset' });
    expect(of({ hostname: 'web2' })).toEqual({ hostname: 'web2', asset: { team: 'b' } });
  });

  test.each([
    ['json', '[{"host":"web1","team":"a","ports":[80]},{"host":7,"team":"b"}]', { team: 'a', ports: [80] }],
    ['json', '{"web1":{"team":"a"}}', { team: 'a' }],
    ['yaml', 'web1: { team: a }\nweb2: x', { team: 'a' }],
    ['yml', 'web1: plain', { value: 'plain' }],
  ])('in %s %s', async (ending, text, expected) => {
    const { of } = await enricher(write(text, ending));
    expect(of({ hostname: 'web1' })).toEqual({ hostname: 'web1', ...expected });
  });

  test('is seen by the rules for level', async () => {
    const processor = enrich.create(
      {
        host: false,
        lookup: [{ file: write(HOSTS), key: 'hostname' }],
        level: [{ when: 'metadata.rack == "7"', value: 'critical' }],
      },
      fakeContext(),
    );
    onTestFinished(() => processor.stop?.());
    await processor.start?.(new AbortController().signal);
    const batch = [event({ metadata: { hostname: 'web1' } })];
    processor.process(batch, new FakeOutput());
    expect(batch[0]!.level).toBe('critical');
  });
});

test.each([
  ['csv', 'name,owner\nweb1,"open', /line 2: a quote is never closed/],
  ['csv', '', /it is empty/],
  ['json', '[1]', /its item 1 is no object/],
  ['json', '{', /JSON/],
  ['yaml', '- [', /cannot be used/],
])('a broken %s table is an error at start: %s', async (ending, text, message) => {
  const error: unknown = await enricher(write(text, ending)).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(StartError);
  expect(error).toMatchObject({
    message: expect.stringMatching(message) as string,
    place: { path: ['lookup', 0, 'file'] },
  });
});

test('a missing file or column is one too', async () => {
  await expect(enricher(join(folder, 'none.csv'))).rejects.toThrow(/none\.csv cannot be used: ENOENT/);
  await expect(enricher(write(HOSTS), { columns: ['ownr'] })).rejects.toThrow(/no column ownr; it has/);
  await expect(enricher(write(HOSTS), { key_column: 'host' })).rejects.toThrow(
    /no column host; it has name, owner, rack/,
  );
});

test('a changed table is read again; a broken or missing one leaves the old, and is said once', async () => {
  const file = write('name,team\nweb1,a\n');
  const { of, context } = await enricher(file);
  const replace = (text: string) => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const team = () => of({ hostname: 'web1' })['team'];
  const look = (until: () => boolean) =>
    eventually(() => {
      context.clock.advance(5_000);
      return until();
    }, 'the table is looked at');
  const warnings = () => context.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);

  replace('name,team\nweb1,b\n');
  await look(() => team() === 'b');
  replace('name,team\nweb1,"c');
  await look(() => warnings().length === 1);
  expect(team()).toBe('b');
  rmSync(file);
  await look(() => warnings().length === 2);
  replace('name,team\nweb1,d\n');
  await look(() => team() === 'd');
  expect(warnings()).toEqual([
    expect.stringContaining('a quote is never closed; the one read before stays, with 1 keys'),
    expect.stringContaining('ENOENT'),
  ]);
});

test('a changed table that cannot be read for a moment is read in the next, though nothing changes again', async () => {
  const file = write('name,team\nweb1,a\n');
  const { of, context } = await enricher(file);
  reads.fail = 1;
  onTestFinished(() => void (reads.fail = 0));
  writeFileSync(file, 'name,team\nweb1,longer\n');
  await eventually(() => {
    context.clock.advance(5_000);
    return of({ hostname: 'web1' })['team'] === 'longer';
  }, 'the table is read');
  expect(context.lines.map(({ level, message }) => [level, message])).toEqual([
    ['warn', expect.stringContaining('EMFILE')],
    ['info', expect.stringContaining('was read again')],
  ]);
});

test('leaves no timer behind', async () => {
  const { context, processor } = await enricher(write(HOSTS));
  expect(context.clock.pending).toBe(1);
  await processor.stop?.();
  context.clock.advance(60_000);
  expect(context.clock.pending).toBe(0);
});

test('CSV gives back what was written as CSV (property)', () => {
  const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', ';', 'é') });
  fc.assert(
    fc.property(fc.array(fc.tuple(field, field), { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), (rows, lineEnd) => {
      const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
      const text = ['k,v', ...rows.map((row) => row.map(quoted).join(','))].join(lineEnd);
      expect(parseCsv(`\ufeff${text}`)).toEqual([['k', 'v'], ...rows]);
      expect(parseCsv(text + lineEnd)).toEqual([['k', 'v'], ...rows]);
    }),
  );
});

test('CSV of any text ends', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r') }), (text) => {
      try {
        expect(parseCsv(text).flat().join('').length).toBeLessThanOrEqual(text.length);
      } catch (error) {
        expect((error as Error).message).toMatch(/^line \d+: /);
      }
    }),
  );
});
