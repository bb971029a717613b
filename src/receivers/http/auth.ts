import { createHash, timingSafeEqual } from 'node:crypto';
import { Refusal } from './answer.ts';

/** As its schema types it: `check` has seen to it that a scheme has its secrets. */
export interface AuthOptions {
  readonly type: 'basic' | 'bearer';
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
}

/** Throws a 401 unless the Authorization header is the expected one. Takes the same time however much of it is right. */
export type Guard = (authorization: string | undefined) => void;

export function guardOf(auth: AuthOptions | undefined): Guard {
  if (!auth) return () => {};
  const { type, username = '', password = '', token = '' } = auth;
  const expected = digest(type === 'bearer' ? token : Buffer.from(`${username}:${password}`).toString('base64'));
  const challenge = { 'www-authenticate': `${type === 'bearer' ? 'Bearer' : 'Basic'} realm="lnmt-collector"` };
  return (authorization) => {
    const [, scheme = '', credentials = ''] = /^(\S+) +(\S.*)$/.exec(authorization ?? '') ?? [];
    const right = timingSafeEqual(digest(credentials.trimEnd()), expected);
    if (right && scheme.toLowerCase() === type) return;
    const error = authorization
      ? 'the Authorization header is not the one this receiver was configured with'
      : `this receiver wants ${type} authentication: send an Authorization header`;
    throw new Refusal(401, error, {}, challenge);
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
