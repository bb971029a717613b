/**
 * RFC 5424's structured data. Wider than the RFC where devices are: names longer than 32, a space
 * after `=`, values without quotes (VMware). A backslash escapes only `"`, `\` and `]`.
 */
const SPACE = 0x20;
const QUOTE = 0x22;
const EQUALS = 0x3d;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;

/** `{ID: {name: value}}` without prototypes; a repeated name has an array. */
export type StructuredData = Record<string, Record<string, string | string[]>>;

/** Is told where each part is; `value` bounds are without quotes. */
interface Visitor {
  element(start: number, end: number): void;
  param(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number, escaped: boolean): void;
}

type Element = Record<string, string | string[]>;

const NOBODY: Visitor = { element: () => {}, param: () => {} };

/** Where the elements that begin at `at` end; -1 if one is malformed. */
export function endOfStructuredData(bytes: Buffer, at: number, end: number): number {
  return walk(bytes, at, end, NOBODY);
}

/**
 * Decodes well-formed structured data by `decode`. A repeated ID is merged, the last value of a name
 * wins, and the ID is in `repeated`.
 */
export function readStructuredData(
  bytes: Buffer,
  at: number,
  end: number,
  decode: (start: number, end: number) => string,
): { readonly data: StructuredData; readonly repeated: string | undefined } {
  const reader = new Reader(decode);
  walk(bytes, at, end, reader);
  return reader;
}

class Reader implements Visitor {
  readonly data = Object.create(null) as StructuredData;
  repeated: string | undefined = undefined;
  readonly #decode: (start: number, end: number) => string;
  #element = Object.create(null) as Element;
  /** Names of this element, where it adds to an earlier one. */
  #own: Set<string> | undefined;

  constructor(decode: (start: number, end: number) => string) {
    this.#decode = decode;
  }

  element(start: number, end: number): void {
    const id = this.#decode(start, end);
    const known = this.data[id];
    if (known) this.repeated ??= id;
    this.#own = known && new Set();
    this.#element = known ?? (Object.create(null) as Element);
    this.data[id] = this.#element;
  }

  param(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number, escaped: boolean): void {
    const name = this.#decode(nameStart, nameEnd);
    const text = valueEnd > valueStart ? this.#decode(valueStart, valueEnd) : '';
    const value = escaped ? text.replace(/\\(["\\\]])/g, '$1') : text;
    const before = this.#own && !this.#own.has(name) ? undefined : this.#element[name];
    this.#own?.add(name);
    if (before === undefined) this.#element[name] = value;
    else if (typeof before === 'string') this.#element[name] = [before, value];
    else before.push(value);
  }
}

function walk(bytes: Buffer, at: number, end: number, visitor: Visitor): number {
  let i = at;
  while (i < end && bytes[i] === OPEN) {
    const idEnd = endOfName(bytes, i + 1, end);
    if (idEnd === i + 1) return -1;
    visitor.element(i + 1, idEnd);
    i = idEnd;
    for (;;) {
      if (i >= end) return -1;
      if (bytes[i] === CLOSE) break;
      if (bytes[i] !== SPACE) return -1;
      while (i < end && bytes[i] === SPACE) i += 1;
      if (i >= end) return -1;
      if (bytes[i] === CLOSE) break;
      i = param(bytes, i, end, visitor);
      if (i < 0) return -1;
    }
    i += 1;
  }
  return i;
}

function param(bytes: Buffer, at: number, end: number, visitor: Visitor): number {
  const nameEnd = endOfName(bytes, at, end);
  if (nameEnd === at || nameEnd >= end || bytes[nameEnd] !== EQUALS) return -1;
  let i = nameEnd + 1;
  while (i < end && bytes[i] === SPACE) i += 1;
  if (i >= end) return -1;
  const spaced = i > nameEnd + 1;
  if (bytes[i] !== QUOTE) {
    const start = i;
    while (i < end && bytes[i]! > SPACE && bytes[i] !== CLOSE && bytes[i] !== QUOTE) i += 1;
    if (i === start || i >= end || spaced) return -1;
    visitor.param(at, nameEnd, start, i, false);
    return i;
  }
  i += 1;
  const start = i;
  let escaped = false;
  for (; i < end; i += 1) {
    const byte = bytes[i];
    if (byte === QUOTE) break;
    if (byte === CLOSE) return -1;
    if (byte === BACKSLASH && i + 1 < end) {
      const next = bytes[i + 1];
      if (next === QUOTE || next === BACKSLASH || next === CLOSE) {
        escaped = true;
        i += 1;
      }
    }
  }
  if (i >= end) return -1;
  visitor.param(at, nameEnd, start, i, escaped);
  return i + 1;
}

/** Names are printable ASCII but for `=`, space, `]` and `"`. */
function endOfName(bytes: Buffer, at: number, end: number): number {
  let i = at;
  for (; i < end; i += 1) {
    const byte = bytes[i]!;
    if (byte <= SPACE || byte >= 0x7f || byte === EQUALS || byte === CLOSE || byte === QUOTE) break;
  }
  return i;
}
