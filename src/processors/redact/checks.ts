/** Whether what looks like a number of some kind is one: check digits, and addresses as Node reads them. */
import { isIPv6 } from 'node:net';

/** ISO/IEC 7812: 13 to 19 digits of a network that issues cards, the last one right. Blanks and dashes between them. */
export function isCard(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, '');
  if (digits.length < 13 || digits.length > 19 || !/^[2-6]/.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    sum += index % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}

/** ISO 13616: the check digits are right. */
export function isIban(text: string): boolean {
  const compact = text.replaceAll(' ', '');
  if (compact.length < 15 || compact.length > 34) return false;
  let rest = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/**
 * The longest part from the start, up to a separator, that `is` one; undefined if none is. A number
 * may have another one behind it, such as a year.
 */
export function leadingPart(text: string, is: (text: string) => boolean): string | undefined {
  for (let end = text.length; end > 0; end = Math.max(text.lastIndexOf(' ', end - 1), text.lastIndexOf('-', end - 1))) {
    const part = text.slice(0, end);
    if (is(part)) return part;
  }
  return undefined;
}

/**
 * Where in a run of hexadecimal digits, colons and dots an IPv6 address is. `before` and `after`
 * say whether letters touch the run, as in `std::string`: what they touch belongs to a word.
 */
export function findIPv6(
  run: string,
  before: boolean,
  after: boolean,
): readonly [start: number, end: number] | undefined {
  if (!run.includes('::') && run.split(':').length < 8) return undefined;
  const starts = [0, run.indexOf(':') + 1];
  const trimmed = run.replace(/\.+$/, '').length;
  const ends = [trimmed, run.lastIndexOf(':')];
  for (const start of before ? starts.slice(1) : starts) {
    for (const end of after ? ends.slice(1) : ends) {
      if (end > start && isIPv6(run.slice(start, end))) return [start, end];
    }
  }
  return undefined;
}
