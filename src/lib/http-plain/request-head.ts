/** The head of a request (RFC 9112, 3 and 5), but for the length of its body. */
import { refusalOfHeader } from '../header-problems.ts';

export interface HeadOf {
  readonly method: string;
  readonly path: string;
  /** Value of the Host header. */
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const PATH = /^[\x21-\x7e\x80-\xff]+$/;
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** Its options make no request of it. The message says why, and names no value. */
export class Unsendable extends Error {
  override readonly name = 'Unsendable';
}

const BAD_CHARACTER = 'method, path or a header has a character that HTTP does not allow';

/** Every line of the head, Latin-1, without `content-length` and the empty line. Throws {@link Unsendable}. */
export function requestHead({ method, path, host, headers }: HeadOf): string {
  if (!TOKEN.test(method) || !PATH.test(path)) throw new Unsendable(BAD_CHARACTER);
  let addressed = host;
  let connection = 'keep-alive';
  let lines = '';
  for (const [name, value] of Object.entries(headers)) {
    if (!TOKEN.test(name) || NOT_IN_VALUE.test(value)) throw new Unsendable(BAD_CHARACTER);
    const known = name.toLowerCase();
    const refusal = refusalOfHeader(known);
    if (refusal !== undefined) throw new Unsendable(refusal);
    if (known === 'host') addressed = value;
    else if (known === 'connection') connection = value;
    // The length is that of the body, whatever was said of it.
    else if (known !== 'content-length') lines += `${name}: ${value}\r\n`;
  }
  return `${method} ${path} HTTP/1.1\r\nhost: ${addressed}\r\nconnection: ${connection}\r\n${lines}`;
}
