import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../../src/lib/http-exchange.ts';
import { AnswerReader } from '../../../src/lib/http-plain/answer-reader.ts';

const KEPT = 1_000;

/** Reads `text` in pieces cut at `cuts`; what is not whole at its end ends with the connection. */
function read(text: string, cuts: readonly number[] = [], reader = new AnswerReader()): Answer | undefined {
  reader.expect({ maxBytes: KEPT, encoding: 'latin1' });
  const bytes = Buffer.from(text, 'latin1');
  const edges = [0, ...[...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b), bytes.length];
  for (let index = 1; index < edges.length; index += 1) {
    const piece = Buffer.from(bytes.subarray(edges[index - 1], edges[index]));
    const whole = piece.length > 0 && reader.read(piece);
    // Memory that is read into again: nothing of it may be kept.
    piece.fill('#');
    if (whole) return reader.answer;
  }
  return reader.end() ? reader.answer : undefined;
}

const body = fc.string({ unit: 'binary-ascii', maxLength: 200 });
const cuts = fc.array(fc.nat(10_000), { maxLength: 12 });

function chunked(parts: readonly string[], extension: string, trailers: string): string {
  const chunks = parts
    .filter((part) => part !== '')
    .map((part) => `${part.length.toString(16)}${extension}\r\n${part}\r\n`);
  return `${chunks.join('')}0\r\n${trailers}\r\n`;
}

describe('an answer, in whatever pieces it comes (property)', () => {
  test('with a length', () => {
    fc.assert(
      fc.property(body, cuts, fc.integer({ min: 200, max: 599 }), (text, at, status) => {
        fc.pre(status !== 204 && status !== 304);
        const answer = read(`HTTP/1.1 ${status} Fine\r\nX-A:  1 \r\ncontent-length: ${text.length}\r\n\r\n${text}`, at);
        expect(answer).toEqual({ status, text, headers: { 'x-a': '1', 'content-length': String(text.length) } });
      }),
    );
  });

  test('in chunks', () => {
    const extension = fc.constantFrom('', ';a=b', ' ;q="x"');
    const trailers = fc.constantFrom('', 'x-sum: 1\r\n', 'a: b\r\nc: d\r\n');
    fc.assert(
      fc.property(fc.array(body, { maxLength: 5 }), extension, trailers, cuts, (parts, one, ends, at) => {
        const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
        const answer = read(head + chunked(parts, one, ends), at);
        expect(answer?.text).toBe(parts.join('').slice(0, KEPT));
      }),
    );
  });

  test('until the connection closes', () => {
    fc.assert(
      fc.property(body, cuts, (text, at) => {
        expect(read(`HTTP/1.1 200 OK\r\n\r\n${text}`, at)?.text).toBe(text);
      }),
    );
  });

  test('after interim ones', () => {
    fc.assert(
      fc.property(fc.nat(3), cuts, (count, at) => {
        const interim = 'HTTP/1.1 103 Early\r\nlink: x\r\n\r\n'.repeat(count);
        expect(read(`${interim}HTTP/1.1 201 \r\ncontent-length: 2\r\n\r\nok`, at)).toMatchObject({
          status: 201,
          text: 'ok',
        });
      }),
    );
  });

  test('whatever comes ends as an answer, as none, or as an error, and is never read for ever', () => {
    const bit = fc.constantFrom(
      'HTTP/1.1 200 OK',
      '\r\n',
      '\r\n\r\n',
      'content-length: 5',
      'transfer-encoding: chunked',
      '5',
      '0',
      'x: y',
      ':',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(bit, fc.string()), { maxLength: 20 }), cuts, (parts, at) => {
        try {
          read(parts.join(''), at);
        } catch (error) {
          expect(error).toHaveProperty('code', expect.stringMatching(/NOT_HTTP|HEAD_TOO_LONG/));
        }
      }),
      { numRuns: 500 },
    );
  });
});

test.for([
  ['204 No Content\r\ncontent-length: 5', ''],
  ['304 Not Modified', ''],
  ['200 OK\r\ncontent-length: 0', ''],
  ['200 OK\r\ncontent-length: 2, 2', 'ok'],
])('%j has the body %j', ([head, text]) => {
  expect(read(`HTTP/1.1 ${head}\r\n\r\n${text}`)?.text).toBe(text);
});

test.for([
  ['SSH-2.0-OpenSSH_9.2\r\n'],
  ['\u0015\u0003\u0001\u0000\u0002\u0002F'],
  ['HTTP/2 200\r\n\r\n'],
  ['HTTP/1.1 20 OK\r\n\r\n'],
  ['HTTP/1.1 200 OK\r\nno colon\r\n\r\n'],
  ['HTTP/1.1 200 OK\r\na: b\r\n folded\r\n\r\n'],
  ['HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
  ['HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
  ['HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
  ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n'],
  ['HTTP/1.1 200 OK\r\na: b\u0000c\r\n\r\n'],
  ['HTTP/1.1 200 OK\ncontent-length: 0\n\n'],
  ['HTTP/1.1 101 Switching Protocols\r\n\r\n'],
] as const)('%j is no HTTP', ([text]) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'NOT_HTTP' }) as Error);
});

test('a head without end is an error', () => {
  expect(() => read(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`)).toThrow(
    expect.objectContaining({ code: 'HEAD_TOO_LONG' }) as Error,
  );
});

test('a name that comes twice is a list', () => {
  expect(read('HTTP/1.1 204 \r\nset-cookie: a\r\nSet-Cookie: b\r\nset-cookie: c\r\n\r\n')?.headers).toEqual({
    'set-cookie': ['a', 'b', 'c'],
  });
});

test('one answer after the other, alike or not', () => {
  const reader = new AnswerReader();
  const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n';
  expect(read(`${ok}ab`, [], reader)).toMatchObject({ status: 200, text: 'ab' });
  expect(read(`${ok}cd`, [], reader)).toMatchObject({ status: 200, text: 'cd' });
  expect(read('HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\nef', [], reader)).toMatchObject({ status: 503, text: 'ef' });
});

describe('the connection takes another request', () => {
  test.for([
    ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\n\r\n', false],
    // Bytes that nobody asked for.
    ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n', false],
    [`HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n${'x'.repeat(2_000)}`, true],
    [`HTTP/1.1 200 OK\r\ncontent-length: 3000\r\n\r\n${'x'.repeat(2_000)}`, false],
  ] as const)('after %j: %s', ([text, reusable]) => {
    const reader = new AnswerReader();
    expect(read(text, [], reader)?.text.length).toBeLessThanOrEqual(KEPT);
    expect(reader.reusable).toBe(reusable);
  });
});
