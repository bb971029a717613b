import fc from 'fast-check';
import { expect, test } from 'vitest';
import { internedText } from '../../src/lib/interned-text.ts';

test('is the text of the bytes, whatever was asked for before (property)', () => {
  const text = fc.oneof(fc.string({ unit: 'binary-ascii', maxLength: 80 }), fc.constantFrom('host1', 'host2', ''));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), (texts) => {
      for (const one of texts) {
        const bytes = Buffer.from(`>${one}<`);
        expect(internedText(bytes, 1, bytes.length - 1)).toBe(one);
      }
    }),
  );
});
