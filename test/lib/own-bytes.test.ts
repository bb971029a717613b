import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ownBytes } from '../../src/lib/own-bytes.ts';

test('copies are what was copied, for good, and keep little memory beside', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9_000 }), { minLength: 1, maxLength: 20 }), (parts) => {
      const copies = parts.map((part) => {
        const chunk = Buffer.concat([Buffer.alloc(100, 1), part, Buffer.alloc(100, 2)]);
        const copy = ownBytes(chunk, 100, 100 + part.length);
        chunk.fill(0xff);
        return copy;
      });
      for (const [index, copy] of copies.entries()) {
        expect([...copy]).toEqual([...parts[index]!]);
        expect(copy.buffer.byteLength).toBeLessThanOrEqual(Math.max(8_192, copy.length));
      }
    }),
    { numRuns: 50 },
  );
});
