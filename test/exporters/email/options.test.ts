import { describe, expect, test } from 'vitest';
import email from '../../../src/exporters/email.ts';
import { parseAddress } from '../../../src/exporters/email/addresses.ts';

type Options = Parameters<typeof email.create>[0];
type Changes = { readonly [K in keyof Options]?: Options[K] | undefined };

const DEFAULTS: Options = {
  smtp_host: 'localhost',
  smtp_port: 587,
  use_tls: true,
  from_email: 'LNMT <lnmt@example.com>',
  to_emails: ['ops@example.com', 'admin@example.com'],
  subject_template: 'LNMT Alert: {level} - {title}',
  verify_ssl: true,
};

describe('check', () => {
  const check = (options: Changes) => email.check?.({ ...DEFAULTS, ...options } as Options);

  test('usual options are fine', () => {
    expect(check({})).toEqual([]);
    expect(check({ username: 'u', password: 'p', reply_to: 'x@y.example' })).toEqual([]);
  });

  test('says which address is none, and what to do', () => {
    expect(check({ to_emails: ['ops@example.com', 'a@example.com, b@example.com'] })).toMatchObject([
      { severity: 'error', path: ['to_emails', 1], message: expect.stringContaining('as a list') as string },
    ]);
    expect(check({ from_email: 'nobody' })).toMatchObject([{ severity: 'error', path: ['from_email'] }]);
  });

  test('half a login is an error, one in clear text a hint', () => {
    expect(check({ username: 'u' })).toMatchObject([{ severity: 'error', path: ['username'] }]);
    expect(check({ username: 'u', password: 'p', use_tls: false })).toMatchObject([
      { severity: 'hint', path: ['use_tls'] },
    ]);
    expect(check({ use_tls: false, smtp_port: 465 })).toMatchObject([{ severity: 'hint', path: ['use_tls'] }]);
  });
});

test.for([
  ['ops@example.com', { name: '', address: 'ops@example.com' }],
  ['LNMT Bot <lnmt@example.com>', { name: 'LNMT Bot', address: 'lnmt@example.com' }],
  ['"Bot, LNMT" <lnmt@example.com>', { name: 'Bot, LNMT', address: 'lnmt@example.com' }],
  ['root@localhost', { name: '', address: 'root@localhost' }],
  ['jö@bücher.example', { name: '', address: 'jö@bücher.example' }],
  ['a@b\r\nBcc: c@d', undefined],
  ['"a@b"@c', undefined],
  ['a@b@c', undefined],
  ['a b@c', undefined],
  ['@c', undefined],
  ['a@', undefined],
  ['a@b..c', undefined],
] as const)('address %j', ([text, expected]) => {
  expect(parseAddress(text)).toEqual(expected);
});
