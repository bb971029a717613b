/**
 * What senders authorise themselves with: a header that is a secret, or one that proves they know one.
 *
 * Each guard takes the same time however much of what was sent is right.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from './answer.ts';

/** As its schema types it: `check` has seen to it that a scheme has its secrets. */
export interface AuthOptions {
  readonly type: 'basic' | 'bearer' | 'hmac';
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  readonly secret?: string;
  readonly header: string;
  readonly algorithm: 'sha256' | 'sha1' | 'sha512';
}

export interface Guard {
  /** Throws a 401 by the headers alone, before the body is read. */
  headers(headers: IncomingHttpHeaders): void;
  /** Throws a 401 for a body, as it was sent, that is not the one that was signed. */
  body(headers: IncomingHttpHeaders, bytes: Buffer): void;
}

export function guardOf(auth: AuthOptions | undefined): Guard {
  if (!auth) return { headers: () => {}, body: () => {} };
  return auth.type === 'hmac' ? signatureGuard(auth) : headerGuard(auth);
}

function headerGuard({ type, username = '', password = '', token = '' }: AuthOptions): Guard {
  const expected = digest(type === 'bearer' ? token : Buffer.from(`${username}:${password}`).toString('base64'));
  const challenge = { 'www-authenticate': `${type === 'bearer' ? 'Bearer' : 'Basic'} realm="lnmt-collector"` };
  return {
    headers({ authorization }) {
      const [, scheme = '', credentials = ''] = /^(\S+) +(\S.*)$/.exec(authorization ?? '') ?? [];
      const right = timingSafeEqual(digest(credentials.trimEnd()), expected);
      if (right && scheme.toLowerCase() === type) return;
      const error = authorization
        ? 'the Authorization header is not the one this receiver was configured with'
        : `this receiver wants ${type} authentication: send an Authorization header`;
      throw new Refusal(401, error, {}, challenge);
    },
    body: () => {},
  };
}

/** `X-Hub-Signature-256: sha256=<hex>`, as GitHub sends it; the prefix may be missing, and base64 stand for hex. */
function signatureGuard({ secret = '', header, algorithm }: AuthOptions): Guard {
  const name = header.toLowerCase();
  const signatureIn = (headers: IncomingHttpHeaders): string => {
    const value = headers[name];
    if (typeof value !== 'string' || value === '') {
      throw new Refusal(401, `this receiver wants a signature: send ${header} with the HMAC of the body`);
    }
    return value.startsWith(`${algorithm}=`) ? value.slice(algorithm.length + 1) : value;
  };
  return {
    headers: (headers) => void signatureIn(headers),
    body(headers, bytes) {
      const given = signatureIn(headers);
      const expected = createHmac(algorithm, secret).update(bytes).digest();
      const isHex = given.length === 2 * expected.length && /^[0-9a-f]+$/i.test(given);
      const signature = Buffer.from(given, isHex ? 'hex' : 'base64');
      if (signature.length === expected.length && timingSafeEqual(signature, expected)) return;
      throw new Refusal(401, `the signature in ${header} is not that of this body with the secret of this receiver`);
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
