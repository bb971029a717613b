/** Headers that no option can set, since they frame the message itself. */
import type { OptionProblem } from '../component/component.ts';

const FRAMING = new Set(['transfer-encoding', 'keep-alive', 'upgrade', 'expect']);

/** Why a header of this name is never sent; undefined for all others. */
export function refusalOfHeader(name: string): string | undefined {
  const known = name.toLowerCase();
  return FRAMING.has(known) ? `the header ${known} is the connection's own: remove it from headers` : undefined;
}

/** An error for each such header of the option `headers`. */
export function headerProblems(headers: Readonly<Record<string, string>>): OptionProblem[] {
  return Object.keys(headers).flatMap((name) => {
    const message = refusalOfHeader(name);
    return message === undefined ? [] : [{ severity: 'error' as const, message, path: ['headers', name] }];
  });
}
