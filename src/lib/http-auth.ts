/** The `auth` block of exporters that speak HTTP: its options, its header and what can be wrong with it. */
import type { OptionProblem } from '../component/component.ts';
import type { ConfigOf, ObjectField } from '../component/schema.ts';
import { basicAuthorization } from './http-client.ts';

export const authProperty = {
  type: 'object',
  additionalProperties: false,
  required: ['type'],
  description: 'How requests are authorised. It wins over an Authorization header.',
  properties: {
    type: { type: 'string', enum: ['basic', 'bearer'], description: 'basic: username and password. bearer: a token.' },
    username: { type: 'string', description: 'User name, for basic.' },
    password: { type: 'string', writeOnly: true, description: 'Password, for basic. A secret: use ${env:…}.' },
    token: { type: 'string', writeOnly: true, description: 'Token, for bearer. A secret: use ${env:…}.' },
  },
} as const satisfies ObjectField & { description: string };

export type Auth = ConfigOf<typeof authProperty>;

/** The Authorization header that `auth` means. */
export function authorizationOf({ type, username = '', password = '', token = '' }: Auth): string {
  return type === 'basic' ? basicAuthorization(username, password) : `Bearer ${token}`;
}

/** What a destination could echo of `auth` and must not be shown. */
export function secretsOfAuth(auth: Auth | undefined): string[] {
  if (!auth) return [];
  const { password = '', token = '' } = auth;
  const [, encoded = ''] = authorizationOf(auth).split(' ', 2);
  return [encoded, password, token].filter((secret) => secret !== '');
}

/** Missing halves of `auth`, and options that its type does not use. That it wins over a header, the check of every exporter says. */
export function authProblems(auth: Auth | undefined): OptionProblem[] {
  if (!auth) return [];
  const problems: OptionProblem[] = [];
  const needed = auth.type === 'basic' ? (['username', 'password'] as const) : (['token'] as const);
  const unused = auth.type === 'basic' ? (['token'] as const) : (['username', 'password'] as const);
  for (const option of needed) {
    if (auth[option] === undefined) {
      problems.push({ severity: 'error', message: `auth of type ${auth.type} needs ${option}`, path: ['auth'] });
    }
  }
  for (const option of unused) {
    if (auth[option] !== undefined) {
      problems.push({
        severity: 'hint',
        message: `auth of type ${auth.type} does not use ${option}`,
        path: ['auth', option],
      });
    }
  }
  return problems;
}
