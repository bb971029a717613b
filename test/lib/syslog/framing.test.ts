import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Framer, type Framing } from '../../../src/lib/syslog/framing.ts';

interface Outcome {
  frames: string[];
  truncated: number;
  intact: boolean;
}

function run(framing: Framing, maxSize: number, chunks: readonly Buffer[], atEnd = true): Outcome {
  const outcome: Outcome = { frames: [], truncated: 0, intact: true };
  const sink = {
    frame(bytes: Buffer, start: number, end: number, truncated: boolean) {
      outcome.frames.push(bytes.toString('latin1', start, end));
      if (truncated) outcome.truncated += 1;
    },
  };
  const framer = new Framer(framing, maxSize);
  outcome.intact = chunks.every((chunk) => framer.feed(chunk, sink)) && (!atEnd || framer.end(sink));
  return outcome;
}

const bytewise = (text: Buffer): Buffer[] => Array.from(text, (byte) => Buffer.of(byte));

/** Whole and byte by byte must come to the same. */
function frames(framing: Framing, text: string | Buffer, maxSize = 480): Outcome {
  const bytes = Buffer.from(text);
  const whole = run(framing, maxSize, [bytes]);
  expect(run(framing, maxSize, bytewise(bytes))).toEqual(whole);
  return whole;
}

describe('newline framing', () => {
  test('ends a frame at LF or NUL and drops a CR before it', () => {
    expect(frames('newline', 'one\r\ntwo\0three\nfour').frames).toEqual(['one', 'two', 'three', 'four']);
  });

  test('makes no frames of empty lines', () => {
    expect(frames('newline', '\n\r\n\0\na\n\n').frames).toEqual(['a']);
  });

  test('cuts a line that is too long and skips its rest', () => {
    expect(frames('newline', 'abcdefgh\nij\n', 4)).toEqual({ frames: ['abcd', 'ij'], truncated: 1, intact: true });
  });

  test('does not cut a line of exactly the limit', () => {
    expect(frames('newline', 'abcd\r\nefgh\nijkl', 4)).toEqual({
      frames: ['abcd', 'efgh', 'ijkl'],
      truncated: 0,
      intact: true,
    });
  });

  test('cuts between characters', () => {
    expect(frames('newline', 'aä€😀\n', 8).frames).toEqual([Buffer.from('aä€').toString('latin1')]);
  });
});

describe('octet counting', () => {
  test('keeps line feeds within a message', () => {
    expect(frames('octet_counting', '7 one\ntwo3 abc').frames).toEqual(['one\ntwo', 'abc']);
  });

  test('passes over a line feed between messages', () => {
    expect(frames('octet_counting', '3 abc\n3 def\n')).toEqual({ frames: ['abc', 'def'], truncated: 0, intact: true });
  });

  test('cuts a message that is too long and finds the next one', () => {
    expect(frames('octet_counting', '8 abcdefgh2 ij', 4)).toEqual({
      frames: ['abcd', 'ij'],
      truncated: 1,
      intact: true,
    });
  });

  test.each([
    'x',
    ' 3 abc',
    '0 abc',
    '03 abc',
    '3abc',
    '-1 a',
    '12345678901 a',
    '0'.repeat(10_000),
    '9'.repeat(10_000),
    ' '.repeat(10_000),
  ])('is broken by %.20s', (text) => {
    expect(frames('octet_counting', text)).toEqual({ frames: [], truncated: 0, intact: false });
  });

  test('reports a message that ends too early', () => {
    expect(frames('octet_counting', '3 abc5 de')).toEqual({ frames: ['abc'], truncated: 0, intact: false });
  });

  test('takes no memory for a count that is only claimed', () => {
    const framer = new Framer('octet_counting', 65_536);
    framer.feed(Buffer.from('9999999999 a'), { frame: () => {} });
    expect(framer.pending).toBe(1);
  });
});

describe('auto framing', () => {
  test('is octet counting where the first frame begins with digits and a space', () => {
    expect(frames('auto', '3 abc3 def').frames).toEqual(['abc', 'def']);
  });

  test.each(['<13>a\n3 abc\n', '13>a\n3 abc\n', '1234567890x\n3 abc\n'])('is newline for %j', (text) => {
    expect(frames('auto', text).frames).toEqual(text.trim().split('\n'));
  });

  test('takes digits that end the stream as a line', () => {
    expect(frames('auto', '12345').frames).toEqual(['12345']);
  });

  test('is broken by more than ten digits', () => {
    expect(frames('auto', '0'.repeat(10_000))).toEqual({ frames: [], truncated: 0, intact: false });
  });
});

const file = new URL('../../../../shared/conformance/framing-public.jsonl', import.meta.url);

describe.skipIf(!existsSync(file))('shared framing cases', () => {
  interface Case {
    id: string;
    mode: string;
    chunks_base64: string[];
    expected_frames_base64: string[];
    expected_error: boolean;
    eof_after_last_chunk: boolean;
    max_frame?: number;
    on_oversize?: string;
    disputed?: string;
    requires_option?: string;
  }
  const MODES: Record<string, Framing> = {
    'octet-counting': 'octet_counting',
    lf: 'newline',
    nul: 'newline',
    auto: 'auto',
  };
  const cases = existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Case)
        .filter((it) => it.requires_option === undefined)
    : [];

  test.each(cases)('$id', (it) => {
    const decode = (text: string): Buffer => Buffer.from(text, 'base64');
    const chunks = it.chunks_base64.map(decode);
    const expected = it.expected_frames_base64
      .map((frame) => decode(frame).toString('latin1'))
      // A NUL ends a line here.
      .flatMap((frame) => (it.disputed === 'nul-in-lf-mode' ? frame.split('\0') : [frame]));
    const isCut = /split|error/.test(it.on_oversize ?? '');
    for (const chunking of [chunks, [Buffer.concat(chunks)], bytewise(Buffer.concat(chunks))]) {
      const {
        frames: found,
        truncated,
        intact,
      } = run(MODES[it.mode]!, it.max_frame ?? 65_536, chunking, it.eof_after_last_chunk);
      // What others split or refuse as too long is always cut here, and said to be.
      if (isCut) {
        expect(found.every((frame) => frame.length <= it.max_frame!)).toBe(true);
        expect(truncated > 0 || !intact).toBe(true);
        continue;
      }
      expect(found).toEqual(expected);
      expect(intact).toBe(!it.expected_error);
    }
  });
});
