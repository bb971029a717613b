import fc from 'fast-check';
import { expect, test } from 'vitest';
import { payloadAt, scanRecords } from '../../src/storage/record-format.ts';
import { recordsOf } from '../support/records.ts';

const encodeRecords = (payloads: readonly Buffer[], first: number) => recordsOf(payloads).number(first);

const found = (bytes: Buffer) => {
  const payloads = new Map<number, string>();
  const scan = scanRecords(bytes, 0, (sequence, start) =>
    payloads.set(sequence, payloadAt(bytes, start, sequence)!.toString('latin1')),
  );
  return { payloads, ...scan };
};

const payloads = fc.array(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  { minLength: 1, maxLength: 12 },
);

test('what is written is found, with its numbers (property)', () => {
  fc.assert(
    fc.property(payloads, fc.nat({ max: 2 ** 47 }), (written, first) => {
      const bytes = encodeRecords(written, first);
      const result = found(bytes);
      expect([...result.payloads]).toEqual(
        written.map((payload, index) => [first + index, payload.toString('latin1')]),
      );
      expect(result).toMatchObject({ damagedBytes: 0, end: bytes.length });
    }),
  );
});

test('a flipped bit costs the record it is in, and no other (property)', () => {
  fc.assert(
    fc.property(payloads, fc.nat(), fc.nat(7), (written, at, bit) => {
      const bytes = encodeRecords(written, 5);
      const position = at % bytes.length;
      bytes[position]! ^= 1 << bit;
      let start = 0;
      const hit = written.findIndex((payload) => (start += payload.length + 18) > position);
      const expected = new Map(written.map((payload, index) => [5 + index, payload.toString('latin1')]));
      expected.delete(5 + hit);
      const result = found(bytes);
      expect(result.payloads).toEqual(expected);
      expect(result.damagedBytes).toBe(written[hit]!.length + 18);
    }),
  );
});

test('a damaged length that points at a later record costs no record between', () => {
  const bytes = encodeRecords(
    Array.from({ length: 4 }, () => Buffer.alloc(2)),
    5,
  );
  // 2 + 20: where the record after the next one begins.
  bytes.writeUInt32BE(22, 8);
  expect([...found(bytes).payloads.keys()]).toEqual([6, 7, 8]);
});

test('any bytes can be scanned (property)', () => {
  const magic = encodeRecords([Buffer.alloc(0)], 0).subarray(0, 4);
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc.constant(new Uint8Array(magic)),
    fc.constant(new Uint8Array(20)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const bytes = Buffer.concat(pieces);
      const { payloads, damagedBytes } = found(bytes);
      expect(damagedBytes + payloads.size * 18 + [...payloads.values()].join('').length).toBe(bytes.length);
    }),
  );
});
