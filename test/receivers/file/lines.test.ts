import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Encoding } from '../../../src/receivers/file/encoding.ts';
import { linesOf, type LineOptions } from '../../../src/receivers/file/lines.ts';

const OPTIONS: LineOptions = { encoding: 'utf-8', maxBytes: 1_000, startsRecord: undefined };

/** Reads `bytes` as a file that grows chunk by chunk, the way a tail does. */
function readIn(bytes: Buffer, chunks: readonly number[], options: LineOptions): string[] {
  const found: string[] = [];
  let offset = 0;
  let skipping = false;
  let size = 0;
  const read = (flush: boolean): void => {
    const lines = linesOf(bytes, offset, size, skipping, flush, options);
    for (let at = 0; at < lines.spans.length; at += 2) {
      found.push(lines.bytes.toString('utf8', lines.spans[at], lines.spans[at + 1]));
    }
    offset = lines.end;
    skipping = lines.skipping;
  };
  for (const chunk of chunks) {
    size = Math.min(bytes.length, size + chunk);
    read(false);
  }
  size = bytes.length;
  read(false);
  read(true);
  return found;
}

function encode(text: string, encoding: Encoding): Buffer {
  if (encoding === 'utf-16be') return Buffer.from(text, 'utf16le').swap16();
  return Buffer.from(text, encoding === 'utf-8' ? 'utf8' : encoding === 'latin1' ? 'latin1' : 'utf16le');
}

describe('lines', () => {
  test.each(['utf-8', 'latin1', 'utf-16le', 'utf-16be'] as const)(
    'in %s are the same however the file grows',
    (encoding) => {
      const character =
        encoding === 'latin1' ? fc.constantFrom('a', 'é', ' ') : fc.constantFrom('a', 'é', 'あ', '😀', ' ');
      const line = fc.array(character, { maxLength: 12 }).map((characters) => characters.join(''));
      fc.assert(
        fc.property(
          fc.array(line),
          fc.constantFrom('\n', '\r\n'),
          fc.array(fc.integer({ min: 1, max: 20 })),
          (lines, lineEnd, chunks) => {
            const bytes = encode(lines.join(lineEnd), encoding);
            expect(readIn(bytes, chunks, { ...OPTIONS, encoding })).toEqual(lines.filter((text) => text !== ''));
          },
        ),
      );
    },
  );

  test('of a record are the same however the file grows', () => {
    const options = { ...OPTIONS, startsRecord: (line: string) => line.startsWith('>') };
    const line = fc.constantFrom('> first', '  at here', 'more', '> second');
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), fc.array(fc.integer({ min: 1, max: 20 })), (lines, chunks) => {
        const expected: string[] = [];
        for (const text of lines) {
          if (text.startsWith('>') || expected.length === 0) expected.push(text);
          else expected[expected.length - 1] += `\n${text}`;
        }
        expect(readIn(Buffer.from(`${lines.join('\n')}\n`), chunks, options)).toEqual(expected);
      }),
    );
  });

  test('that are too long are cut at a character, and their rest is skipped', () => {
    const long = 'é'.repeat(2_000);
    for (const chunks of [[], [1_500, 1_500], Array.from({ length: 500 }, () => 9)]) {
      const found = readIn(Buffer.from(`${long}\nnext\n${long}\nlast`), chunks, { ...OPTIONS, maxBytes: 1_001 });
      expect(found).toEqual(['é'.repeat(500), 'next', 'é'.repeat(500), 'last']);
    }
  });

  test('of records that are too long are skipped up to the next record', () => {
    const options = { ...OPTIONS, maxBytes: 50, startsRecord: (line: string) => line.startsWith('>') };
    const text = `> one\n${'  at somewhere\n'.repeat(20)}> two\nend\n`;
    for (const chunks of [[], [60, 60, 60], Array.from({ length: 100 }, () => 7)]) {
      const found = readIn(Buffer.from(text), chunks, options);
      expect(found.map((record) => record.slice(0, 9))).toEqual(['> one\n  a', '> two\nend']);
    }
  });

  test('begin after NULs that a truncation left', () => {
    expect(readIn(Buffer.from(`${'\0'.repeat(5_000)}after\n`), [4_000], OPTIONS)).toEqual(['after']);
  });
});

describe('a sieve', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'é', '😀', '{', '\0', '\r', ' '), { maxLength: 12 })
    .map((characters) => characters.join(''));
  const needle = fc
    .array(fc.constantFrom('a', 'b', 'é', '😀'), { minLength: 1, maxLength: 2 })
    .map((all) => all.join(''));

  test.each([1_000, 6])('leaves out and counts what has none of its needles, up to %i bytes a line', (maxBytes) => {
    fc.assert(
      fc.property(fc.array(text), fc.array(needle, { minLength: 1, maxLength: 3 }), (texts, needles) => {
        const bytes = Buffer.from(texts.join('\n'));
        const options = { ...OPTIONS, maxBytes };
        let left = 0;
        const dropped = (events: number): void => void (left += events);
        const sieve = () => ({ needles: needles.map((one) => Buffer.from(one)), dropped });
        const all = linesOf(bytes, 0, bytes.length, false, true, options);
        const sifted = linesOf(bytes, 0, bytes.length, false, true, { ...options, sieve });
        sifted.countDropped?.();
        const wanted = linesIn(all).filter(
          (line) => line.cut || line.text.startsWith('{') || needles.some((one) => line.text.includes(one)),
        );
        // A line whose needle lies behind where it was cut, or among NULs before it, is kept too.
        expect(linesIn(sifted)).toEqual(wanted);
        expect(left).toBe(all.spans.length / 2 - wanted.length);
        expect([sifted.end, sifted.length]).toEqual([all.end, all.length]);
      }),
    );
  });

  function linesIn({ bytes, spans, truncated }: ReturnType<typeof linesOf>): { text: string; cut: boolean }[] {
    const lines = [];
    for (let at = 0; at < spans.length; at += 2) {
      const start = spans[at]!;
      lines.push({ text: bytes.toString('utf8', start, spans[at + 1]), cut: truncated?.has(start) ?? false });
    }
    return lines;
  }
});
