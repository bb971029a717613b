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

const NOBODY: Visitor = { element: () => {}, param: () => {} };

/** Where the elements that begin at `at` end; -1 if one is malformed. */
export function endOfStructuredData(bytes: Buffer, at: number, end: number): number {
  return walk(bytes, at, end, NOBODY);
}

/**
 * Decodes well-formed structured data. A repeated ID is merged, the last value of a name wins, and
 * `repeated` is told the ID.
 */
export function readStructuredData(
  bytes: Buffer,
  at: number,
  end: number,
  repeated: (id: string) => void,
): StructuredData {
  const data = Object.create(null) as StructuredData;
  let element: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  let names = new Set<string>();
  walk(bytes, at, end, {
    element(start, stop) {
      const id = bytes.toString('utf8', start, stop);
      const known = data[id];
      if (known) repeated(id);
      element = known ?? (Object.create(null) as Record<string, string | string[]>);
      data[id] = element;
      names = new Set();
    },
    param(nameStart, nameEnd, valueStart, valueEnd, escaped) {
      const name = bytes.toString('utf8', nameStart, nameEnd);
      const text = bytes.toString('utf8', valueStart, valueEnd);
      const value = escaped ? text.replace(/\\(["\\\]])/g, '$1') : text;
      const before = names.has(name) ? element[name] : undefined;
      names.add(name);
      if (before === undefined) element[name] = value;
      else if (typeof before === 'string') element[name] = [before, value];
      else before.push(value);
    },
  });
  return data;
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
