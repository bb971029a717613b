/**
 * What a rate limit, a deduplication or a sample tells events apart by: `by: [source, metadata.hostname]`.
 * Each part is a field path, or an expression such as `metadata.status >= 500`.
 */
import type { OptionProblem } from '../component/component.ts';
import type { Event } from '../component/event.ts';
import { joinedKey } from '../lib/field-key.ts';
import { checkFieldPath, fieldReader, isFieldPath, type FieldReader } from '../lib/field-path.ts';
import { textOf } from '../lib/template-text.ts';
import { checkValueExpression, compileValue } from './expression.ts';

/** A part of a key, as it is written and what it is of an event. */
export interface KeyPart {
  readonly text: string;
  readonly read: FieldReader;
}

/** A ConfigError, with its place below `option`, for an expression that is wrong. */
export function compileKey(by: readonly string[], option = 'by'): KeyPart[] {
  return by.map((text, index) => ({
    text,
    read: isFieldPath(text) ? fieldReader(text) : compileValue(text, [option, index]),
  }));
}

/** One text per distinct combination of values. */
export function keyOfParts(parts: readonly KeyPart[]): (event: Event) => string {
  return joinedKey(parts.map(({ read }) => read));
}

/** The values of a key for people, each cut at 120 characters: `nginx, error`. */
export function keyText(parts: readonly KeyPart[], event: Event): string {
  return parts.map(({ text, read }) => (textOf(read(event)) || `no ${text}`).slice(0, 120)).join(', ');
}

/** What is wrong with the parts of a key. */
export function problemsWithKey(by: readonly string[], option = 'by'): OptionProblem[] {
  return by.flatMap((text, index) => {
    const problem = isFieldPath(text) ? checkFieldPath(text) : checkValueExpression(text);
    if (!problem) return [];
    const meant = problem.suggestion === undefined ? '' : `; did you mean ${problem.suggestion}?`;
    return [{ severity: 'error', message: `${problem.message}${meant}`, path: [option, index] }];
  });
}
