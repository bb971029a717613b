/**
 * `key=value` pairs, as logfmt and most firewalls write them; both separators can be others.
 * A value in quotes may hold a separator. Words without a value are passed over.
 */
import { newMetadata } from '../../component/event.ts';
import { numberOrText, textValue, type Parser } from './parsed.ts';

const MAX_KEY = 256;

/** `between` stands between pairs, a blank for any white space; `within` between a key and its value. */
export function pairsParser(between: string, within: string, numbers: boolean): Parser {
  const valueOf = numbers ? numberOrText : textValue;
  const blank = between.trim() === '';
  // White space around other separators is for the eye.
  const skipped = blank ? isBlank : isSpace;
  return (text) => {
    const fields = newMetadata();
    const { length } = text;
    let found = false;
    // Where the next of each separator is: looked for once each, so that the time is linear.
    let nextWithin = -1;
    let nextBetween = -1;
    let at = 0;
    for (;;) {
      while (at < length && (skipped(text.charCodeAt(at)) || text.startsWith(between, at))) {
        at += skipped(text.charCodeAt(at)) ? 1 : between.length;
      }
      if (at >= length) break;
      if (nextWithin < at) nextWithin = text.indexOf(within, at);
      if (nextWithin < 0) break;
      if (nextBetween < at) nextBetween = end(text, between, blank, at);
      if (nextBetween < nextWithin) {
        at = nextBetween;
        continue;
      }
      const key = text.slice(at, nextWithin).trim();
      at = nextWithin + within.length;
      if (!blank) while (isSpace(text.charCodeAt(at))) at += 1;
      const quote = text.charCodeAt(at);
      const closing = quote === 34 || quote === 39 ? closingQuote(text, at + 1, quote) : -1;
      let value: string;
      if (closing >= 0) {
        value = unescaped(text.slice(at + 1, closing));
        at = closing + 1;
      } else {
        nextBetween = end(text, between, blank, at);
        value = text.slice(at, nextBetween);
        if (!blank) value = value.trimEnd();
        at = nextBetween;
      }
      if (key === '' || key.length > MAX_KEY) continue;
      fields[key] = closing >= 0 ? value : valueOf(value);
      found = true;
    }
    return found ? { fields } : `no ${within === '=' ? 'key=value' : `pairs with ${JSON.stringify(within)}`}`;
  };
}

function end(text: string, between: string, blank: boolean, from: number): number {
  if (!blank) {
    const index = text.indexOf(between, from);
    return index < 0 ? text.length : index;
  }
  let at = from;
  while (at < text.length && !isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

/** -1 where there is none: then the quote is a character like others. Looked for once: a text has at most one such quote of a kind that matters. */
function closingQuote(text: string, from: number, quote: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === quote) return at;
  }
  return -1;
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(.)/gs, (_, character: string) => ESCAPES[character] ?? character);
}

const ESCAPES: Readonly<Record<string, string>> = Object.assign(Object.create(null) as Record<string, string>, {
  n: '\n',
  r: '\r',
  t: '\t',
});

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

function isSpace(code: number): boolean {
  return code === 32;
}
