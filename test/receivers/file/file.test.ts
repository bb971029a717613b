import { writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import file from '../../../src/receivers/file/file.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeSink } from '../../support/fakes.ts';
import { beforeEachNewFile, bench, Bench, DEFAULTS, failing, openBelow } from './bench.ts';

describe('where reading begins', () => {
  test('at the end leaves out what was there, but not the line being written', async () => {
    const b = await bench();
    await b.append('a.log', 'old\nhalf');
    await b.start({ start_at: 'end' });
    await b.append('a.log', ' done\nnew\n');
    await b.append('later.log', 'later\n');
    await b.until(() => b.lines.length >= 3, 'three lines');
    expect(b.lines.sort()).toEqual(['half done', 'later', 'new']);
  });

  test('after a restart is where it ended, and files that came meanwhile are read whole', async () => {
    const b = await bench();
    await b.append('a.log', 'old\n');
    await b.start({ start_at: 'end' });
    await b.append('a.log', 'one\n');
    await b.reads('one');
    const kept = await b.stop();
    expect(JSON.stringify(kept)).not.toContain('one');
    await b.append('a.log', 'two\n');
    await b.append('b.log', 'three\n');
    await b.start({ start_at: 'end' }, kept);
    await b.reads('one', 'two', 'three');
  });

  test('follows start_at in files that only a wider pattern found', async () => {
    const b = await bench();
    await b.append('a.log', 'a\n');
    await b.append('b.txt', 'old\n');
    await b.start({ start_at: 'end' });
    const kept = await b.stop();
    await b.start({ start_at: 'end', include: [path.join(b.folder, '*')] }, kept);
    await b.append('b.txt', 'new\n');
    await b.reads('new');
  });

  test('is the beginning when what was kept makes no sense', async () => {
    const b = await bench();
    await b.append('a.log', 'a\n');
    await b.start({}, { version: 99, files: 'x' });
    await b.reads('a');
  });
});

describe('lines', () => {
  test('that are unfinished wait for flush_after', async () => {
    const b = await bench();
    await b.append('a.log', 'one\nunfinished');
    await b.start();
    await b.reads('one');
    b.context.clock.advance(3_000);
    expect(b.lines).toEqual(['one']);
    await b.reads('one', 'unfinished');
    await b.append('a.log', '\nnext\n');
    await b.reads('one', 'unfinished', 'next');
  });

  test('are joined by a start pattern', async () => {
    const b = await bench();
    await b.append('a.log', '2026 first\n  at x\n  at y\n2026 second\n');
    await b.start({ multiline: { start: '^\\d{4} ' } });
    await b.reads('2026 first\n  at x\n  at y');
    await b.append('a.log', '  at z\n');
    await b.reads('2026 first\n  at x\n  at y', '2026 second\n  at z');
  });

  test('are joined by a pattern of what continues the one before', async () => {
    const b = await bench();
    await b.start({ multiline: { continuation: '^\\s|^Caused by:' } });
    await b.append('a.log', 'one\n  at x\nCaused by: y\ntwo\n');
    await b.reads('one\n  at x\nCaused by: y', 'two');
  });

  test('are joined in one way', () => {
    const check = (multiline: object): unknown => file.check?.({ ...DEFAULTS, include: ['x'], multiline });
    expect(check({})).toMatchObject([{ severity: 'error', path: ['multiline'] }]);
    expect(check({ start: 'a', continuation: 'b' })).toHaveLength(1);
    expect(check({ start: 'a' })).toEqual([]);
  });

  test('that a container runtime cut are whole again, also over a restart', async () => {
    const b = await bench();
    await b.append('a.log', '2026-01-31T12:00:00.1Z stdout P He\n');
    await b.start({ format: 'auto' });
    await b.append('a.log', '2026-01-31T12:00:00.2Z stdout P ll\n');
    const kept = await b.stop();
    await b.append('a.log', '2026-01-31T12:00:00.3Z stdout F o\n');
    await b.start({ format: 'auto' }, kept);
    await b.reads('Hello');
  });

  test('past max_line_size are cut, flagged and counted', async () => {
    const b = await bench();
    await b.append('a.log', `${'x'.repeat(2_000_000)}\nnext\n${'y'.repeat(200)}\nlast\n`);
    await b.start({ max_line_size: 100 });
    await b.reads('x'.repeat(100), 'next', 'y'.repeat(100), 'last');
    expect(b.sink.events.map(({ metadata }) => metadata['truncated'] ?? false)).toEqual([true, false, true, false]);
    expect(b.context.counts['file_lines_truncated']).toBe(2);
  });

  test('longer than a chunk are read whole', async () => {
    const b = await bench();
    const long = 'x'.repeat(900_000);
    await b.append('a.log', `${long}\n${long}\nshort\n`);
    await b.start();
    await b.until(() => b.lines.length === 3, 'the lines');
    expect(b.lines.map(({ length }) => length)).toEqual([900_000, 900_000, 5]);
  });

  test('in UTF-16 with a byte order mark are read', async () => {
    const b = await bench();
    await b.append('a.log', Buffer.from('\ufeffgrüße\r\nあ\r\n', 'utf16le'));
    await b.start({ encoding: 'utf-16le' });
    await b.reads('grüße', 'あ');
  });

  test('after NULs that a copytruncate left are read', async () => {
    const b = await bench();
    await b.append('a.log', 'one\n');
    await b.start();
    await b.reads('one');
    await fs.truncate(path.join(b.folder, 'a.log'), 0);
    const handle = await fs.open(path.join(b.folder, 'a.log'), 'r+');
    await handle.write('two\n', 100_000);
    await handle.close();
    await b.reads('one', 'two');
    expect(b.context.counts['file_truncations']).toBe(1);
  });
});

describe('lines that the queues', () => {
  test('have no room for are read again, and none is lost or repeated', async () => {
    const b = await bench();
    const all = Array.from({ length: 50_000 }, (_, index) => `line ${index} ${'x'.repeat(20)}`);
    await b.append('a.log', `${all.join('\n')}\n`);
    let turn = 0;
    const push = b.sink.push.bind(b.sink);
    b.sink.push = (batch, settled) => {
      turn += 1;
      // Every other batch is refused, as by a full queue; some settle late.
      b.sink.settlement = turn % 3 === 0 ? undefined : 'safe';
      if (turn % 2 === 1) return push(batch, settled);
      settled?.(turn % 4 === 0 ? 'full' : 'failed');
      return true;
    };
    await b.start();
    await b.until(() => {
      for (const settle of b.sink.unsettled.splice(0)) settle('safe');
      return b.lines.length >= all.length;
    }, 'all lines');
    expect([...b.lines].sort()).toEqual([...all].sort());
  });

  test('ask to wait for are not read until there is room', async () => {
    const b = await bench();
    await b.append('a.log', 'one\n');
    b.sink.room = false;
    await b.start();
    await b.until(() => (b.sink.refusals['queue_full'] ?? 0) === 1, 'the refusal');
    await b.append('a.log', 'two\n');
    for (let turn = 0; turn < 20; turn += 1) await b.until(() => true, 'time');
    expect(b.sink.refusals['queue_full']).toBe(1);
    b.sink.makeRoom();
    await b.reads('one', 'two');
  });

  test('have not taken are read again after a restart, in whatever order others settled', async () => {
    const b = await bench();
    b.sink.settlement = undefined;
    await b.append('a.log', 'one\n');
    await b.start();
    await b.reads('one');
    await b.append('a.log', 'two\n');
    await b.reads('one', 'two');
    await b.append('a.log', 'three\n');
    await b.reads('one', 'two', 'three');
    b.sink.unsettled[0]?.('safe');
    b.sink.unsettled[2]?.('safe');
    const kept = await b.stop();
    b.sink = new FakeSink();
    await b.start({}, kept);
    await b.reads('two', 'three');
  });
});

describe('rotation', () => {
  test('by rename reads the old file to its end, late writes too, and then the new one', async () => {
    const b = await bench();
    const current = path.join(b.folder, 'a.log');
    const writer = await fs.open(current, 'a');
    await writer.appendFile('one\n');
    await b.start();
    await b.reads('one');
    await writer.appendFile('two\n');
    await fs.rename(current, `${current}.1`);
    await b.append('a.log', 'four\n');
    await writer.appendFile('three\n');
    await b.until(() => b.lines.length >= 4, 'four lines');
    expect(b.lines.indexOf('two')).toBeLessThan(b.lines.indexOf('four'));
    await writer.appendFile('unfinished');
    await writer.close();
    await b.until(() => b.lines.includes('unfinished'), 'what was left of the old file');
    expect(b.context.counts['file_rotations']).toBe(1);
  });

  test('faster than the polling loses nothing', async () => {
    const b = await bench();
    const { clock } = b.context;
    clock.time = Date.now();
    await b.start({ include: [path.join(b.folder, 'a.log')] });
    const all: string[] = [];
    for (let k = 0; k < 30; k += 1) {
      all.push(`generation ${k}`);
      await b.append('a.log', `generation ${k}\n`);
      await fs.rename(path.join(b.folder, 'a.log'), path.join(b.folder, `a.log.${k}`));
    }
    await b.append('a.log', 'current\n');
    await eventually(() => {
      // Files carry the real time.
      clock.advance(Math.max(0, Date.now() - clock.time));
      return b.lines.length > 30;
    }, 'every generation');
    expect([...b.lines].sort()).toEqual([...all, 'current'].sort());
  });

  test('by copy and truncation while the collector was down repeats nothing', async () => {
    const b = await bench();
    const current = path.join(b.folder, 'a.log');
    await b.append('a.log', 'one\n');
    await b.start();
    await b.reads('one');
    const kept = await b.stop();
    await b.append('a.log', 'two\n');
    await fs.copyFile(current, path.join(b.folder, 'a.old.log'));
    await fs.truncate(current, 0);
    await b.append('a.log', 'three\n');
    await b.start({}, kept);
    await b.until(() => b.lines.length >= 3, 'three lines');
    expect(b.lines.sort()).toEqual(['one', 'three', 'two']);
  });

  test('to a compressed file while the collector was down loses nothing and repeats nothing', async () => {
    const b = await bench();
    const include = [path.join(b.folder, '*.log*')];
    await b.append('a.log', 'one\ntwo\n');
    await b.start({ include });
    await b.reads('one', 'two');
    const kept = await b.stop();
    const rest = Array.from({ length: 20_000 }, (_, index) => `line ${index}`);
    await b.append('a.log', `${rest.join('\n')}\nlast`);
    await fs.writeFile(path.join(b.folder, 'a.log.1.gz'), gzipSync(await fs.readFile(path.join(b.folder, 'a.log'))));
    await fs.rm(path.join(b.folder, 'a.log'));
    await b.append('a.log', 'new\n');
    await fs.writeFile(path.join(b.folder, 'a.log.2.gz'), gzipSync('never seen\n'));
    await b.start({ include }, kept);
    await b.until(() => b.lines.includes('last') && b.lines.includes('new'), 'the rest');
    expect(b.lines.filter((line) => line !== 'new')).toEqual(['one', 'two', ...rest, 'last']);
    const again = await b.stop();
    await b.start({ include }, again);
    await b.append('a.log', 'newer\n');
    await b.until(() => b.lines.includes('newer'), 'the new line');
    expect(b.lines).toHaveLength(2 + rest.length + 3);
  });

  test('to a compressed file that is deleted in the end is read on beside it', async () => {
    const b = await bench();
    const include = [path.join(b.folder, '*.log*')];
    await b.append('a.log', 'one\n');
    await b.start({ include });
    await b.reads('one');
    const kept = await b.stop();
    await fs.writeFile(path.join(b.folder, 'a.log.1.gz'), gzipSync('one\ntwo\n'));
    await fs.rm(path.join(b.folder, 'a.log'));
    await b.start({ include }, kept);
    await b.reads('one', 'two');
    await fs.rm(path.join(b.folder, 'a.log.1.gz'));
    await b.until(() => b.context.counts['file_rotations'] === 1, 'the rotation');
    await b.append('a.log', 'three\n');
    await b.reads('one', 'two', 'three');
    await b.until(() => openBelow(b.folder) === 1, 'the archive to be closed');
    expect(b.context.lines.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  test('to compressed files that begin alike reads each on where it was left', async () => {
    const b = await bench();
    const include = [path.join(b.folder, '*.log*')];
    const banner = `${'='.repeat(1_100)}\n`;
    await b.append('a.log', `${banner}${'a\n'.repeat(50_000)}`);
    await b.append('b.log', `${banner}b\n`);
    await b.start({ include });
    await b.until(() => b.lines.length === 50_003, 'the first lines');
    const kept = await b.stop();
    b.sink = new FakeSink();
    await fs.writeFile(path.join(b.folder, 'a.log.1.gz'), gzipSync(`${banner}${'a\n'.repeat(50_000)}a2\n`));
    await fs.writeFile(path.join(b.folder, '0.log.1.gz'), gzipSync(`${banner}b\nb2\n`));
    await fs.rm(path.join(b.folder, 'a.log'));
    await fs.rm(path.join(b.folder, 'b.log'));
    await b.start({ include }, kept);
    await b.until(() => b.lines.length >= 2, 'the rest');
    expect([...b.lines].sort()).toEqual(['a2', 'b2']);
    expect(b.context.lines.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  test('to a compressed file is not read as text', async () => {
    const b = await bench();
    await b.append('a.log', Buffer.from([0x1f, 0x8b, 8, 0, 10, 65, 10]));
    await b.append('b.log', 'text\n');
    await b.start();
    await b.reads('text');
  });
});

describe('a reload', () => {
  test('hands over offsets, unfinished lines and what is on its way', async () => {
    const b = await bench();
    b.sink.settlement = undefined;
    await b.append('a.log', 'one\nhalf');
    await b.append('b.txt', 'not mine\n');
    await b.start({ start_at: 'end', include: [path.join(b.folder, '*')] });
    const predecessor = b.receiver;
    await b.append('a.log', ' done\n');
    await b.reads('half done');
    await b.append('a.log', 'par');
    const successor = b.create({ format: 'json' });
    successor.adopt(predecessor);
    await successor.start(new AbortController().signal);
    for (let turn = 0; turn < 20; turn += 1)
      await b.until(() => true, 'time for the predecessor to find the files again');
    await b.stop();
    b.receiver = successor;
    b.sink.unsettled.pop()?.('safe');
    await b.append('a.log', 'tial\n{"msg":"now json"}\n');
    await b.append('b.txt', 'still not mine\n');
    await b.reads('half done', 'partial', 'now json');
  });

  test('leaves what was written down of the files as it is until the successor writes', async () => {
    const b = await bench();
    await b.append('a.log', 'one\n');
    await b.start();
    await b.reads('one');
    const before = b.receiver.snapshot();
    expect(before?.files).toHaveLength(1);
    const successor = b.create({ format: 'json' });
    successor.adopt(b.receiver);
    expect(b.receiver.snapshot()).toBeUndefined();
    expect(successor.snapshot()).toEqual(before);
    b.receiver.adopt(successor);
    expect([b.receiver.snapshot(), successor.snapshot()]).toEqual([before, undefined]);
  });

  test('that fails is put back', async () => {
    const b = await bench();
    await b.append('a.log', 'one\n');
    await b.start();
    await b.reads('one');
    const successor = b.create({ format: 'json' });
    successor.adopt(b.receiver);
    b.receiver.adopt(successor);
    await successor.stop();
    await b.append('a.log', 'two\n');
    await b.reads('one', 'two');
  });

  test('that fails while a look is under way sends nothing again, and leaves no file open twice', async () => {
    const b = await bench();
    await b.append('b.log', 'one\n');
    await b.start();
    await b.reads('one');
    const successor = b.create({ format: 'json' });
    const steps = [() => successor.adopt(b.receiver), () => {}, () => b.receiver.adopt(successor)];
    await beforeEachNewFile(() => steps.shift()?.());
    writeFileSync(path.join(b.folder, 'a.log'), 'two\n');
    writeFileSync(path.join(b.folder, 'c.log'), 'three\n');
    await b.until(() => steps.length < 3, 'the look');
    await b.second();
    for (const step of steps.splice(0)) step();
    await successor.stop();
    await b.append('b.log', 'four\n');
    await b.until(() => b.lines.length >= 4, 'four lines');
    expect([...b.lines].sort()).toEqual(['four', 'one', 'three', 'two']);
    expect(openBelow(b.folder)).toBe(3);
  });

  test('while a file is opened again opens it once', async () => {
    const b = await bench();
    await b.append('a.log', 'one\n');
    await b.start();
    await b.reads('one');
    // A file that could not be read is closed, and opened again.
    const works = await failing('read', 'EIO');
    await b.append('a.log', 'two\n');
    await b.until(() => openBelow(b.folder) === 0, 'the file to be closed');
    works();
    const predecessor = b.receiver;
    const successor = b.create();
    let taken = false;
    await beforeEachNewFile(async () => {
      if (taken) return;
      taken = true;
      successor.adopt(predecessor);
      await successor.start(new AbortController().signal);
      await b.reads('one', 'two');
    });
    await b.until(() => b.lines.length > 1, 'the second line');
    await b.second();
    await b.stop();
    b.receiver = successor;
    expect(openBelow(b.folder)).toBe(1);
    await b.append('a.log', 'three\n');
    await b.reads('one', 'two', 'three');
  });

  test('while the first look finds what was read before reads on there', async () => {
    const b = await bench();
    await b.append('a.log', 'one\n');
    await b.append('b.log', 'two\n');
    await b.start();
    await b.reads('one', 'two');
    const kept = await b.stop();
    const successor = b.create();
    const steps = [() => {}, () => successor.adopt(b.receiver)];
    await beforeEachNewFile(() => steps.shift()?.());
    await b.start({}, kept);
    expect(steps).toEqual([]);
    await b.stop();
    b.receiver = successor;
    await successor.start(new AbortController().signal);
    await b.append('a.log', 'three\n');
    await b.reads('one', 'two', 'three');
  });
});

test('a file that cannot be read is said once, with what to do', async () => {
  const b = await bench();
  await fs.mkdir(path.join(b.folder, 'folder.log'));
  await fs.symlink('loop.log', path.join(b.folder, 'loop.log'));
  await b.append('a.log', 'one\n');
  await b.start();
  await b.reads('one');
  for (let turn = 0; turn < 10; turn += 1) await b.until(() => true, 'time');
  expect(b.context.lines.map(({ message }) => message)).toEqual([
    expect.stringContaining('loop.log cannot be read (ELOOP)'),
  ]);
});

test('a thousand files are read with half as many open', async () => {
  const b = await bench();
  const descriptors = (): number => openBelow(b.folder);
  const names = Array.from({ length: 1_000 }, (_, index) => `${index}.log`);
  await Promise.all(names.map((name) => b.append(name, `first of ${name}\n`)));
  await b.start();
  await b.until(() => b.lines.length >= 1_000, 'the first lines');
  expect(descriptors()).toBeLessThan(600);
  await Promise.all(names.map((name) => b.append(name, `second of ${name}\n`)));
  await b.until(() => b.lines.length >= 2_000, 'the second lines');
  expect(new Set(b.lines).size).toBe(2_000);
  expect(descriptors()).toBeLessThan(600);
});

test('a fast file does not hold up a slow one', async () => {
  const b = await bench();
  await b.append('fast.log', 'x'.repeat(99).concat('\n').repeat(100_000));
  await b.append('slow.log', 'slow\n');
  await b.start();
  await b.until(() => b.lines.length === 100_001, 'all lines');
  expect(b.lines.indexOf('slow')).toBeLessThan(10_000);
});

test('a pattern that cannot be used is an error at its place', () => {
  const b = new Bench('');
  expect(() => b.create({ multiline: { start: '(' } })).toThrow(
    expect.objectContaining({ name: 'ConfigError', place: expect.objectContaining({ path: ['multiline', 'start'] }) }),
  );
  expect(() => b.create({ exclude: ['a', '{a,b}'.repeat(20)] })).toThrow(
    expect.objectContaining({ place: { path: ['exclude', 1] } }),
  );
});

test('stop is safe twice and without start', async () => {
  const b = await bench();
  b.receiver = b.create();
  await b.stop();
  await b.stop();
});
