/**
 * Texts to keep. V8 makes a part of a string that is no copy: what keeps a title keeps the message that it was cut
 * from, however long, in memory.
 */
import { hash } from 'node:crypto';

/** Shorter parts are copies. */
const SHORTEST_SLICE = 13;

/** In front of a hash. */
const MARK = '\u0001';
const HASHED_LENGTH = MARK.length + 44;

/** The same text, lone surrogates too, with nothing else behind it: for what is kept, not for each look-up. */
export function ownText(text: string): string {
  return text.length < SHORTEST_SLICE ? text : Buffer.from(text, 'utf16le').toString('utf16le');
}

/** A key to look up by: one of more than `longest` characters, such as a message, is its hash; so is one that looks like a hash. */
export function shortKey(key: string, longest: number): string {
  return key.length > longest || isHash(key) ? MARK + hash('sha256', key, 'base64') : key;
}

/** A key that was written down, by this version or by one that kept keys however long, as `shortKey` gives it now. */
export function shortKeyAgain(key: string, longest: number): string {
  return isHash(key) ? key : shortKey(key, longest);
}

function isHash(key: string): boolean {
  return key.length === HASHED_LENGTH && key.startsWith(MARK);
}
