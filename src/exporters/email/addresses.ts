/** Mail addresses as options have them: `ops@example.com` or `LNMT <ops@example.com>`. */
import type { OptionProblem } from '../../component/component.ts';

export interface Address {
  readonly name: string;
  readonly address: string;
}

const BARE = /^[^\s@<>(),;:"\\[\]\p{Cc}]{1,64}@[\p{L}\p{N}](?:[\p{L}\p{N}.-]{0,251}[\p{L}\p{N}])?$/u;
const NAMED = /^"?([^"<>\p{Cc}\p{Zl}\p{Zp}]{0,100}?)"?\s*<([^<>]{1,320})>$/u;

/** Undefined if `text` is no single address. */
export function parseAddress(text: string): Address | undefined {
  const named = NAMED.exec(text.trim());
  const address = (named?.[2] ?? text).trim();
  return BARE.test(address) && !address.includes('..') ? { name: (named?.[1] ?? '').trim(), address } : undefined;
}

export function addressProblems(text: string | undefined, path: readonly (string | number)[]): OptionProblem[] {
  if (text === undefined || parseAddress(text)) return [];
  const several =
    text.includes(',') || text.includes(';')
      ? ': write several as a list'
      : ': write it as name@example.com, or as Name <name@example.com>';
  return [{ severity: 'error', message: `this is not one mail address${several}`, path }];
}
