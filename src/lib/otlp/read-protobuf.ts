/**
 * The top-level fields of a small protobuf message, such as the answer of an OTLP server: numbers of
 * varint fields, bytes of length-delimited ones. Anything malformed ends the reading there.
 */
const MAX_VARINT = 10;

/** By field number, the last of a repeated one. */
export function readFields(bytes: Buffer): Map<number, number | Buffer> {
  const fields = new Map<number, number | Buffer>();
  let at = 0;

  function varint(): number | undefined {
    let value = 0;
    for (let index = 0; index < MAX_VARINT && at < bytes.length; index += 1) {
      const byte = bytes[at++]!;
      value += (byte & 127) * 2 ** (7 * index);
      if (byte < 128) return value;
    }
    return undefined;
  }

  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined) break;
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0: {
        const value = varint();
        if (value === undefined) return fields;
        fields.set(field, value);
        break;
      }
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (length === undefined || at + length > bytes.length) return fields;
        fields.set(field, bytes.subarray(at, at + length));
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        return fields;
    }
  }
  return fields;
}
