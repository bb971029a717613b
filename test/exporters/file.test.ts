import { spawn } from 'node:child_process';
import { mkdtemp, mkdir, readFile, readdir, rename, rm, stat, symlink, writeFile, appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import file from '../../src/exporters/file.ts';
import { rawLines, SpareMemory } from '../../src/exporters/file/lines.ts';
import { event, fakeContext } from '../support/fakes.ts';

const never = new AbortController().signal;

async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'file-exporter-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

function exporter(
  path: string,
  options: { format?: 'json' | 'text' | 'raw'; rotate?: { max_size: number; keep: number } } = {},
) {
  const context = fakeContext();
  const made = file.create({ path, format: 'json', ...options }, context);
  onTestFinished(() => made.stop?.());
  const write = async (...messages: string[]) => {
    const [one] = made.encode(messages.map((message) => event({ message })));
    return made.send(one!.request, never);
  };
  return { ...context, made, write };
}

function received(text: string | Buffer): NonNullable<Event['received']> {
  const bytes = Buffer.from(text);
  return { bytes, start: 0, end: bytes.length, detach() {} };
}

describe('formats', () => {
  const write = async (format: 'json' | 'text' | 'raw', ...events: Event[]) => {
    const path = join(await directory(), 'out');
    const { made } = exporter(path, { format });
    const encoded = made.encode(events);
    expect(encoded.map((one) => one.events)).toEqual([events.length]);
    expect(await made.send(encoded[0]!.request, never)).toEqual({ kind: 'sent' });
    return readFile(path, 'utf8');
  };

  test('json is the documented event, one a line', async () => {
    const text = await write('json', event({ title: 'two\nlines', metadata: { a: { b: 1 } } }), event());
    const lines = text.split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      event_id: 'e1',
      timestamp: '2026-01-15T12:00:00.000Z',
      title: 'two\nlines',
      metadata: { a: { b: 1 } },
    });
  });

  test('text is one readable line, whatever is in the event', async () => {
    const text = await write(
      'text',
      event({
        level: 'error',
        source: 'nginx',
        title: 'down',
        message: 'line 1\nline 2 \u001b[31mred',
        metadata: { status: 503, why: 'no "upstream"' },
        tags: ['prod'],
      }),
    );
    expect(text).toBe(
      '2026-01-15T12:00:00.000Z ERROR    nginx: down | line 1\\nline 2 \\e[31mred status=503 why="no \\"upstream\\"" #prod\n',
    );
  });

  test('raw is the line as it was received, byte for byte, else the message', async () => {
    const text = await write('raw', event({ received: received('<34>raw line é') }), event({ message: 'no bytes' }));
    expect(text).toBe('<34>raw line é\nno bytes\n');
  });

  test('raw keeps an event on one line', async () => {
    expect(await write('raw', event({ received: received('a\nb\0c') }), event({ message: 'd\ne' }))).toBe(
      'a#012b#000c\nd#012e\n',
    );
  });

  test('raw is the same whether lines lie in one chunk, in several, or out of order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.stringMatching(/^[ab\n\0é]{0,40}$/), fc.boolean()), { maxLength: 30 }),
        fc.boolean(),
        (parts, reversed) => {
          const lines = parts.map(([line]) => Buffer.from(line));
          const chunk = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
          let start = 0;
          const events = lines.map((bytes, index) => {
            const end = start + bytes.length;
            const spans = parts[index]![1] ? { bytes: chunk, start, end } : { bytes, start: 0, end: bytes.length };
            start = end + 1;
            return event({ received: { ...spans, detach() {} } });
          });
          const expected = lines.map(
            (line) => `${line.toString().replaceAll('\n', '#012').replaceAll('\0', '#000')}\n`,
          );
          if (reversed) {
            events.reverse();
            expected.reverse();
          }
          expect(rawLines(events, new SpareMemory()).toString()).toBe(expected.join(''));
        },
      ),
    );
  });

  test('a batch that waits is not overwritten by the next', async () => {
    const path = join(await directory(), 'out');
    const { made } = exporter(path, { format: 'raw' });
    const [first] = made.encode([event({ message: 'first' })]);
    await made.send(first!.request, never);
    const [second] = made.encode([event({ message: 'second' })]);
    const [third] = made.encode([event({ message: 'third' })]);
    await Promise.all([made.send(second!.request, never), made.send(third!.request, never)]);
    expect(await readFile(path, 'utf8')).toBe('first\nsecond\nthird\n');
  });
});

describe('the file', () => {
  test('is made with its directories at the first event, not before', async () => {
    const path = join(await directory(), 'a', 'b', 'out');
    const { write } = exporter(path, { format: 'raw' });
    await expect(stat(path)).rejects.toThrow('ENOENT');
    await write('one');
    expect(await readFile(path, 'utf8')).toBe('one\n');
  });

  test('is appended to; a half line that a killed process left gets its end', async () => {
    const path = join(await directory(), 'out');
    await writeFile(path, 'whole\nhal');
    await exporter(path, { format: 'raw' }).write('one');
    expect(await readFile(path, 'utf8')).toBe('whole\nhal\none\n');
  });

  test('is opened anew within a second when logrotate moved it, or somebody deleted it', async () => {
    const path = join(await directory(), 'out');
    const { write, clock } = exporter(path, { format: 'raw' });
    await write('one');
    await rename(path, `${path}.old`);
    await write('two');
    clock.advance(1_000);
    await write('three');
    expect(await readFile(`${path}.old`, 'utf8')).toBe('one\ntwo\n');
    expect(await readFile(path, 'utf8')).toBe('three\n');
    await rm(path);
    clock.advance(1_000);
    await write('four');
    expect(await readFile(path, 'utf8')).toBe('four\n');
  });

  test('goes on from its beginning when it was truncated', async () => {
    const path = join(await directory(), 'out');
    const { write, clock } = exporter(path, { format: 'raw' });
    await write('one');
    await writeFile(path, '');
    clock.advance(1_000);
    await write('two');
    expect(await readFile(path, 'utf8')).toBe('two\n');
  });

  test('rotates by size and keeps so many', async () => {
    const folder = await directory();
    const path = join(folder, 'out');
    const { write } = exporter(path, { format: 'raw', rotate: { max_size: 10, keep: 2 } });
    for (const message of ['111111', '222222', '333333', '444444'])
      expect(await write(message)).toEqual({ kind: 'sent' });
    expect((await readdir(folder)).sort()).toEqual(['out', 'out.1', 'out.2']);
    expect(await readFile(path, 'utf8')).toBe('444444\n');
    expect(await readFile(`${path}.1`, 'utf8')).toBe('333333\n');
    expect(await readFile(`${path}.2`, 'utf8')).toBe('222222\n');
  });

  test('grows on where it cannot be rotated, and says so once', async () => {
    const path = join(await directory(), 'out');
    await mkdir(join(`${path}.1`, 'full'), { recursive: true });
    const { write, lines } = exporter(path, { format: 'raw', rotate: { max_size: 10, keep: 1 } });
    for (const message of ['111111', '222222', '333333']) expect(await write(message)).toEqual({ kind: 'sent' });
    expect(await readFile(path, 'utf8')).toBe('111111\n222222\n333333\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.message).toMatch(/cannot rotate/);
  });

  test('is closed by stop, twice too, and opened again by a later send', async () => {
    const path = join(await directory(), 'out');
    const { write, made } = exporter(path, { format: 'raw' });
    await made.stop?.();
    await write('one');
    await made.stop?.();
    await made.stop?.();
    await write('two');
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
  });
});

describe('failures', () => {
  test('no space is later', async () => {
    expect(await exporter('/dev/full').write('x')).toMatchObject({
      kind: 'later',
      reason: expect.stringMatching(/no space left.*ENOSPC/) as string,
    });
  });

  test('a directory, a file in its path, a circle of links and a pipe are misconfigured', async () => {
    const folder = await directory();
    await writeFile(join(folder, 'plain'), '');
    await symlink('circle', join(folder, 'circle'));
    await new Promise((resolve) => spawn('mkfifo', [join(folder, 'pipe')]).on('exit', resolve));
    for (const [path, code] of [
      [folder, 'EISDIR'],
      [join(folder, 'plain', 'x'), /ENOTDIR|EEXIST/],
      [join(folder, 'circle'), 'ELOOP'],
      [join(folder, 'pipe'), 'ENOTFILE'],
    ] as const) {
      expect(await exporter(path).write('x')).toMatchObject({
        kind: 'misconfigured',
        reason: expect.stringMatching(code) as string,
      });
    }
  });

  test('a write that stops half-way is taken back, so that no line is there twice', async () => {
    const path = join(await directory(), 'out');
    const module = new URL('../../src/exporters/file.ts', import.meta.url).pathname;
    const script = join(await directory(), 'limited.test-child.mjs');
    const bundle = join(await directory(), 'file.mjs');
    const { build } = await import('esbuild');
    await build({
      entryPoints: [module],
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      outfile: bundle,
      logLevel: 'error',
    });
    await writeFile(
      script,
      `import file from ${JSON.stringify(bundle)};
       process.on('SIGXFSZ', () => {});
       const clock = { now: () => 0, monotonic: () => 0, schedule: () => () => {} };
       const made = file.create({ path: process.argv[2], format: 'raw' }, { clock, log: console });
       const send = (text) => made.send(made.encode([{ message: text }])[0].request, new AbortController().signal);
       console.log(JSON.stringify([await send('a'.repeat(500)), await send('b'.repeat(1000)), await send('c'.repeat(100))]));`,
    );
    const child = spawn('bash', ['-c', `ulimit -f 1; exec "${process.execPath}" "${script}" "${path}"`]);
    let said = '';
    child.stdout.on('data', (text: Buffer) => (said += text.toString()));
    await new Promise((resolve) => child.on('exit', resolve));
    expect(JSON.parse(said)).toEqual([{ kind: 'sent' }, expect.objectContaining({ kind: 'later' }), { kind: 'sent' }]);
    expect(await readFile(path, 'utf8')).toBe(`${'a'.repeat(500)}\n${'c'.repeat(100)}\n`);
  });

  test('another writer’s lines are never cut off', async () => {
    const path = join(await directory(), 'out');
    const { write } = exporter(path, { format: 'raw' });
    await write('one');
    await appendFile(path, 'theirs\n');
    await write('two');
    expect(await readFile(path, 'utf8')).toBe('one\ntheirs\ntwo\n');
  });
});

test('a placeholder in the path is an error that says what to do', () => {
  expect(file.check?.({ path: '/var/log/{level}.log', format: 'json' })).toMatchObject([
    { severity: 'error', path: ['path'], message: expect.stringMatching(/filters/) as string },
  ]);
  expect(file.check?.({ path: '/var/log/events.log', format: 'json' })).toEqual([]);
});
