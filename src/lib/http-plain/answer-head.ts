/** The head of an HTTP/1.1 answer (RFC 9112, 2 to 6): what it says, and where its body ends. */

export interface AnswerHead {
  readonly status: number;
  /** Names in lower case; an array where a name comes more than once. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Bytes of the body, or how else it ends. */
  readonly body: number | 'chunked' | 'until closed';
  /** The connection takes another request after it. */
  readonly keepsAlive: boolean;
  /** Milliseconds that the server keeps an idle connection for, where it says. */
  readonly idleMs: number | undefined;
}

/** What came is no answer, or none that can be trusted to end where it seems to. */
export class NotHttp extends Error {
  override readonly name = 'NotHttp';
  readonly code = 'NOT_HTTP';

  constructor() {
    super('not an HTTP answer');
  }
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/;
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;

/** `text` is the head as Latin-1, up to the empty line. Throws {@link NotHttp}. */
export function readHead(text: string): AnswerHead {
  const [first = '', ...lines] = text.split('\r\n');
  const start = STATUS_LINE.exec(first);
  if (!start) throw new NotHttp();
  const headers: Record<string, string | string[] | undefined> = Object.create(null) as Record<string, undefined>;
  for (const line of lines) {
    const header = HEADER.exec(line);
    if (!header) throw new NotHttp();
    const name = header[1]!.toLowerCase();
    const value = header[2]!;
    const before = headers[name];
    headers[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  const status = Number(start[2]);
  const body = status < 200 || status === 204 || status === 304 ? 0 : bodyOf(headers);
  const options = wordsOf(headers['connection']);
  const keepsAlive =
    body !== 'until closed' && (start[1] === '1' ? !options.includes('close') : options.includes('keep-alive'));
  const seconds = /(?:^|[\s,;])timeout=(\d{1,6})/i.exec(String(headers['keep-alive'] ?? ''))?.[1];
  return { status, headers, body, keepsAlive, idleMs: seconds === undefined ? undefined : Number(seconds) * 1_000 };
}

/** RFC 9112, 6.3. */
function bodyOf(headers: AnswerHead['headers']): AnswerHead['body'] {
  const codings = wordsOf(headers['transfer-encoding']);
  if (codings.length > 0) {
    // Both would let two readers disagree on where the answer ends.
    if (headers['content-length'] !== undefined) throw new NotHttp();
    return codings.at(-1) === 'chunked' ? 'chunked' : 'until closed';
  }
  if (headers['content-length'] === undefined) return 'until closed';
  const lengths = new Set(wordsOf(headers['content-length']));
  const [length = ''] = lengths;
  if (lengths.size !== 1 || !/^\d{1,15}$/.test(length)) throw new NotHttp();
  return Number(length);
}

function wordsOf(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return String(value)
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
