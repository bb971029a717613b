/** The head of a request (RFC 9112, 3 and 5), but for the length of its body. */

export interface HeadOf {
  readonly method: string;
  readonly path: string;
  /** Value of the Host header. */
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NOT_IN_PATH = /[^\x21-\xff]/;
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
/** What the connection decides: another word on it would let two readers disagree. */
const OWN = new Set(['connection', 'content-length', 'transfer-encoding', 'expect', 'upgrade', 'keep-alive', 'te']);

/** Its options make no request of it. The message says why, and names no value. */
export class Unsendable extends Error {
  override readonly name = 'Unsendable';
}

const BAD_CHARACTER = 'method, path or a header has a character that HTTP does not allow';

/** Every line of the head, Latin-1, without `content-length` and the empty line. Throws {@link Unsendable}. */
export function requestHead({ method, path, host, headers }: HeadOf): string {
  if (!TOKEN.test(method) || NOT_IN_PATH.test(path)) throw new Unsendable(BAD_CHARACTER);
  let addressed = host;
  let lines = '';
  for (const [name, value] of Object.entries(headers)) {
    if (!TOKEN.test(name) || NOT_IN_VALUE.test(value)) throw new Unsendable(BAD_CHARACTER);
    const known = name.toLowerCase();
    if (OWN.has(known)) throw new Unsendable(`the header ${known} is the connection's own: remove it from headers`);
    if (known === 'host') addressed = value;
    else lines += `${name}: ${value}\r\n`;
  }
  return `${method} ${path} HTTP/1.1\r\nhost: ${addressed}\r\nconnection: keep-alive\r\n${lines}`;
}
