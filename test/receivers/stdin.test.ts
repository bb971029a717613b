import { PassThrough } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import stdin, { StdinReceiver, type StdinOptions } from '../../src/receivers/stdin.ts';
import { eventually } from '../support/eventually.ts';
import { fakeContext, FakeSink } from '../support/fakes.ts';

const OPTIONS: StdinOptions = { format: 'auto', source: 'stdin', max_line_size: 64 };

function built(input: PassThrough, sink = new FakeSink(), options: Partial<StdinOptions> = {}) {
  const context = fakeContext('stdin');
  const receiver = new StdinReceiver({ ...OPTIONS, ...options }, context, sink, () => input);
  onTestFinished(() => receiver.stop());
  return { receiver, sink, context };
}

const signal = AbortSignal.timeout(60_000);
const messages = (sink: FakeSink): string[] => sink.events.map(({ message }) => message);

describe('stdin', () => {
  test('makes an event of each line, whatever it is, however it is chunked', async () => {
    const input = new PassThrough();
    const { receiver, sink } = built(input);
    await receiver.start(signal);
    input.write('plain\r\n{"level":"error","mes');
    input.write('sage":"from json"}\n<11>Jan 10 10:11:12 h app: from syslog\n\n');
    await eventually(() => sink.events.length === 3, 'all arrived');
    expect(sink.events.map(({ level, source, message }) => [level, source, message])).toEqual([
      ['info', 'stdin', 'plain'],
      ['error', 'stdin', 'from json'],
      ['error', 'app', 'from syslog'],
    ]);
    for (const { metadata } of sink.events) expect(metadata).not.toHaveProperty('file');
  });

  test('delivers a last line that nothing ends, and runs on', async () => {
    const input = new PassThrough();
    const { receiver, sink, context } = built(input, new FakeSink(), { source: 'build', format: 'text' });
    await receiver.start(signal);
    input.end('one\ntwo');
    await eventually(() => sink.events.length === 2, 'both arrived');
    expect(sink.events[1]).toMatchObject({ message: 'two', source: 'build' });
    expect(context.lines.map(({ message }) => message)).toEqual([
      'standard input has ended; the collector runs on without it',
    ]);
    await receiver.stop();
  });

  test('cuts a line that is too long, and says so', async () => {
    const input = new PassThrough();
    const { receiver, sink, context } = built(input);
    await receiver.start(signal);
    input.write(`${'x'.repeat(200)}\nnext\n`);
    await eventually(() => sink.events.length === 2, 'both arrived');
    expect(messages(sink)).toEqual(['x'.repeat(64), 'next']);
    expect(sink.events[0]!.metadata['truncated']).toBe(true);
    expect(context.counts['stdin_lines_truncated']).toBe(1);
  });

  test('does not read while there is no room, and loses nothing', async () => {
    const input = new PassThrough();
    const { receiver, sink } = built(input);
    await receiver.start(signal);
    sink.room = false;
    input.write('one\n');
    await eventually(() => input.isPaused(), 'it waits');
    input.write('two\n');
    expect(sink.events).toEqual([]);
    sink.makeRoom();
    await eventually(() => sink.events.length === 2, 'both arrived');
    expect(messages(sink)).toEqual(['one', 'two']);
    expect(sink.refusals).toEqual({});
  });

  test('a reload hands over a half-read line', async () => {
    const input = new PassThrough();
    const old = built(input);
    await old.receiver.start(signal);
    input.write('one\nha');
    await eventually(() => old.sink.events.length === 1, 'the first arrived');
    const next = built(input, old.sink, { source: 'edited' });
    next.receiver.adopt(old.receiver);
    await next.receiver.start(signal);
    await old.receiver.stop();
    input.write('lf\n');
    await eventually(() => next.sink.events.length === 2, 'the second arrived');
    expect(next.sink.events[1]).toMatchObject({ message: 'half', source: 'edited' });
  });

  test('has one reader only', async () => {
    const input = new PassThrough();
    await built(input).receiver.start(signal);
    await expect(built(input).receiver.start(signal)).rejects.toThrow(/read by another receiver already/);
  });

  test('one that was taken out and is put back reads on', async () => {
    const input = new PassThrough();
    const old = built(input);
    await old.receiver.start(signal);
    input.write('one\n');
    await eventually(() => old.sink.events.length === 1, 'the first arrived');
    await old.receiver.stop();
    input.write('two\n');
    const next = built(input);
    await next.receiver.start(signal);
    await eventually(() => next.sink.events.length === 1, 'the second arrived');
    expect(messages(next.sink)).toEqual(['two']);
  });

  test('says what a line would become', () => {
    const context = fakeContext();
    const { events } = stdin.decode!(OPTIONS, context, Buffer.from('{"msg":"a"}\nb'));
    expect(events.map(({ message }) => message)).toEqual(['a', 'b']);
  });
});
