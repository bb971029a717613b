/**
 * What must not be printed: the values of secret options, and the places in the files where
 * they are written. A code frame shows `${env:TOKEN}` but never the token.
 */
import type { Source, Span } from './source.ts';

/** Keys whose values are masked even where no schema says so: in a file that could not be read to the end, under a misspelt type. */
const SECRET_KEY =
  /["']?\b[\w.-]*(?:password|passwd|passphrase|secret|token|webhook_?url|(?:api|access|hash|ingestion|license|private|routing|signing)[_-]?key|authorization|cookie|credential|honeycomb-team|\bdsn\b)[\w-]*["']?\s*:(?=\s)\s*/gi;

const NAMES_A_FILE = /(?:_file|_path|_dir)["']?\s*:\s*$/i;

/** Webhook addresses and passwords in URLs, wherever they stand. */
const SECRET_URL =
  /(?<=https?:\/\/hooks\.slack\.com\/|https?:\/\/(?:\w+\.)?discord(?:app)?\.com\/api\/webhooks\/)[^\s"',}\]]+|(?<=:\/\/[^\s/@:]*:)[^\s/@]+(?=@)/gi;

/** Header names whose values authorise. */
const SECRET_HEADER = /auth|token|secret|cookie|key$|password|signature|honeycomb-team|\bdsn\b/i;

/** What no word or name is: long, of digits and letters, without a hyphen, dot or space. */
const KEY_LIKE = /^(?=.*\d)(?=.*[a-z])[a-z\d+/=_]{20,}$/i;

export function isSecretHeader(name: string, value: string): boolean {
  return SECRET_HEADER.test(name) || KEY_LIKE.test(value);
}

const URL_IN_LINE = /https?:\/\/[^\s"',}\]]+/gi;

/** Texts of the file that only stand for a secret: `YOUR_TOKEN`, `changeme`, `<token>`, `xxx`. */
const PLACEHOLDER = /your|example|change.?me|placeholder|dummy|x{3,}|\*{3,}|\.\.\.|^<.*>$|^todo$|^test$/i;

/** Whether a URL that is kept secret to be safe has something in it that could be one: credentials, a query, a long part that is no word. */
export function looksSecretUrl(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { username, password, search, pathname, hostname } = new URL(text);
  if (/\b(?:slack|discord|discordapp|office|logic\.azure|telegram)\b/.test(hostname)) return true;
  return (
    username !== '' ||
    password !== '' ||
    search !== '' ||
    pathname.split('/').some((part) => part.length >= 6 && /\d/.test(part) && /[a-z]/i.test(part))
  );
}

export function looksLikePlaceholder(text: string): boolean {
  return text === '' || PLACEHOLDER.test(text);
}

export class Secrets {
  readonly #values = new Set<string>();
  readonly #spans = new Map<Source, Span[]>();

  /** A value that a secret option came to. */
  addValue(value: string): void {
    if (value !== '') this.#values.add(value);
  }

  /** A place in a file where a secret is written. */
  addSpan(span: Span): void {
    const spans = this.#spans.get(span.source);
    if (spans) spans.push(span);
    else this.#spans.set(span.source, [span]);
  }

  /** Longest first, so that replacing one leaves no piece of a longer one. */
  values(): string[] {
    return [...this.#values].sort((a, b) => b.length - a.length);
  }

  /** A line of a file; every masked character is a `*`, so that columns stay. */
  maskedLine(source: Source, line: number): string {
    let text = source.lineText(line);
    const offset = source.lineStart(line);
    for (const { start, end } of this.#spans.get(source) ?? []) {
      const from = Math.max(0, start - offset);
      const to = Math.min(text.length, end - offset);
      if (from < to) text = text.slice(0, from) + stars(text.slice(from, to)) + text.slice(to);
    }
    text = maskSecretKeys(text)
      .replace(SECRET_URL, (found) => stars(found))
      .replace(URL_IN_LINE, (url) => (looksSecretUrl(url) ? maskedUrl(url) : url));
    return this.#withoutValues(text, (value) => '*'.repeat(value.length));
  }

  /** A message in which no secret is quoted, not even a piece of `around`, a secret that the message is about. */
  maskedMessage(message: string, around?: string): string {
    const masked =
      around === undefined
        ? message
        : message.replace(/"[^"]+"|'[^']+'|`[^`]+`/g, (quoted) =>
            around.includes(quoted.slice(1, -1)) ? '***' : quoted,
          );
    return this.#withoutValues(masked, () => '***');
  }

  #withoutValues(text: string, mask: (value: string) => string): string {
    let masked = text;
    for (const value of this.#values) {
      // Shorter ones are parts of ordinary words: masking them would make every message unreadable.
      if (value.length >= 4 && masked.includes(value)) masked = masked.replaceAll(value, mask(value));
    }
    return masked;
  }
}

function maskSecretKeys(line: string): string {
  let masked = line;
  for (const match of line.matchAll(SECRET_KEY)) {
    if (NAMES_A_FILE.test(match[0])) continue;
    const from = match.index + match[0].length;
    const rest = line.slice(from);
    const inFlow = /[{,]\s*$/.test(line.slice(0, match.index));
    const value = inFlow ? /^(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|\$\{[^}]*\}|[^,}\]])*/.exec(rest)![0] : rest;
    masked = masked.slice(0, from) + stars(value) + masked.slice(from + value.length);
  }
  return masked;
}

/** All but the scheme and, where no credentials are before it, the host. */
function maskedUrl(url: string): string {
  const open = /^https?:\/\/(?:[^@/?#]*(?=[/?#]|$)(?!.*@))?/i.exec(url)![0];
  return open + stars(url.slice(open.length));
}

/** Masks all but quotes and `${env:NAME}` references; the default in one is masked. */
function stars(text: string): string {
  return text.replace(
    /(\$\{(?:env:\w*|file:[^}]*))(:-[^}]*)?(\})|[^\s"']/g,
    (found, open?: string, fallback?: string, close?: string) =>
      open === undefined ? '*' : `${open}${fallback ? `:-${'*'.repeat(fallback.length - 2)}` : ''}${close ?? ''}`,
  );
}
