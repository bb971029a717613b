import { PassThrough, Writable } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import { consoleExporter } from '../../src/exporters/console.ts';
import { eventually } from '../support/eventually.ts';
import { event, fakeContext } from '../support/fakes.ts';

const never = new AbortController().signal;
afterEach(() => vi.unstubAllEnvs());

function terminal(isTTY: boolean): PassThrough & { isTTY: boolean } {
  vi.stubEnv('NO_COLOR', '');
  vi.stubEnv('FORCE_COLOR', '');
  return Object.assign(new PassThrough(), { isTTY });
}

function printed(format: 'pretty' | 'text' | 'json', events: Event[], isTTY = false): string {
  const exporter = consoleExporter(format, terminal(isTTY), fakeContext());
  return exporter
    .encode(events)
    .map(({ request }) => request)
    .join('');
}

const down = event({
  level: 'error',
  source: 'api',
  title: 'Unhandled exception',
  message: 'TypeError: x\n\tat a (b.js:1)',
  metadata: { status: 500, hostname: 'web-1', request: { id: 'r-1' } },
  tags: ['prod', 'api'],
  eventType: 'critical_error',
});

describe('pretty', () => {
  test('has level, origin and title first, then the message indented, then details and tags', () => {
    expect(printed('pretty', [down]).replace(/^\S+/, 'TIME')).toBe(
      [
        'TIME  error     api · web-1  Unhandled exception',
        '                        TypeError: x',
        '                          at a (b.js:1)',
        '                        critical_error  status=500  request.id=r-1  #prod #api',
        '',
      ].join('\n'),
    );
  });

  test('says a message once where the title has it, and short ones beside the title', () => {
    expect(printed('pretty', [event({ title: 'same', message: 'same' })])).toMatch(/ same\n$/);
    expect(printed('pretty', [event({ title: 'Disk', message: 'is full' })])).toMatch(/ Disk — is full\n$/);
    expect(printed('pretty', [event({ title: 'first', message: 'first\nsecond' })])).toMatch(/ first — second\n$/);
  });

  test('shows syslog facility and severity compactly', () => {
    expect(
      printed('pretty', [event({ metadata: { facility: 'daemon', severity: 'notice', procid: '812' } })]),
    ).toContain('daemon.notice');
  });

  test('colours on a terminal, not in a pipe, never with NO_COLOR, always with FORCE_COLOR', () => {
    expect(printed('pretty', [down], true)).toContain('\u001b[');
    expect(printed('pretty', [down], false)).not.toContain('\u001b');
    const piped = terminal(false);
    const tty = terminal(true);
    vi.stubEnv('FORCE_COLOR', '1');
    expect(consoleExporter('pretty', piped, fakeContext()).encode([down])[0]!.request).toContain('\u001b[');
    vi.stubEnv('NO_COLOR', '1');
    expect(consoleExporter('pretty', tty, fakeContext()).encode([down])[0]!.request).not.toContain('\u001b');
  });

  test('cuts what would flood the terminal', () => {
    const text = printed('pretty', [event({ message: 'line\n'.repeat(500), metadata: { long: 'x'.repeat(10_000) } })]);
    expect(text).toContain('… 450 more lines');
    expect(text.length).toBeLessThan(5_000);
  });
});

test('nothing in an event reaches the terminal as a control', () => {
  const evil = '\u001b]0;owned\u0007\u009b31m\u202eabc\r\nnext';
  const hostile = event({
    source: evil,
    title: evil,
    message: `${evil}\nmore`,
    eventType: evil,
    tags: [evil],
    metadata: { [evil]: evil, hostname: evil, facility: evil, severity: evil },
  });
  for (const format of ['pretty', 'text', 'json'] as const) {
    expect(printed(format, [hostile])).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u0080-\u009f\u202e]/);
  }
  expect(printed('text', [hostile]).trimEnd().split('\n')).toHaveLength(1);
});

test('json is the documented event, one a line', () => {
  const lines = printed('json', [event(), down]).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(['info', 'error']);
});

describe('sending', () => {
  test('waits for whoever reads', async () => {
    const stream = new PassThrough({ highWaterMark: 16 });
    const exporter = consoleExporter('text', stream, fakeContext());
    const text = exporter.encode([event({ message: 'x'.repeat(100_000) })])[0]!.request;
    const sends = [exporter.send(text, never), exporter.send(text, never), exporter.send(text, never)];
    await expect(exporter.send(text, AbortSignal.timeout(20))).rejects.toThrow('timeout');
    stream.resume();
    expect(await Promise.all(sends)).toEqual([{ kind: 'sent' }, { kind: 'sent' }, { kind: 'sent' }]);
  });

  test('while nobody reads, tries again add nothing, and each text is printed once', async () => {
    let printed = '';
    let read = (): void => {};
    const reader = new Promise<void>((resolve) => (read = resolve));
    const write = (chunk: Buffer, _: string, done: () => void): void =>
      void reader.then(() => ((printed += chunk.toString()), done()));
    const stream = new Writable({ write });
    const exporter = consoleExporter('text', stream, fakeContext());
    for (let count = 0; count < 5; count += 1) {
      await expect(exporter.send('one\n', AbortSignal.timeout(5))).rejects.toThrow('timeout');
      await expect(exporter.send('two\n', AbortSignal.timeout(5))).rejects.toThrow('timeout');
    }
    expect(stream.writableLength).toBe('one\n'.length);
    read();
    for (const text of ['one\n', 'two\n', 'two\n']) expect(await exporter.send(text, never)).toEqual({ kind: 'sent' });
    expect(printed).toBe('one\ntwo\ntwo\n');
  });

  test('a reader that went away is said once, and events wait', async () => {
    const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const stream = new Writable({ autoDestroy: false, write: (_chunk, _encoding, done) => done(gone) });
    const context = fakeContext();
    const exporter = consoleExporter('text', stream, context);
    for (let count = 0; count < 3; count += 1) {
      expect(await exporter.send('x\n', never)).toMatchObject({
        kind: 'later',
        reason: expect.stringContaining('nobody reads') as string,
      });
    }
    expect(context.lines).toHaveLength(1);
  });

  test('leaves no listener behind', async () => {
    const stream = new PassThrough();
    stream.resume();
    const before = stream.listenerCount('error');
    const exporter = consoleExporter('text', stream, fakeContext());
    await exporter.send('x\n', never);
    await exporter.stop?.();
    await exporter.stop?.();
    await eventually(() => stream.listenerCount('error') === before, 'the listener is gone');
  });
});
