/**
 * What a destination said, made fit for a log line: one line, short, and without secrets.
 *
 * Destinations echo requests: a URL with its token, an Authorization header. What belongs to the
 * exporter is masked by value; what merely looks like a URL or a token, by its looks.
 */
const MAX_LENGTH = 200;
/** Text looked at: what is cut off here cannot reach the excerpt. */
const MAX_LOOKED_AT = 4_096;
const MASK = '[hidden]';

const MARKUP = /<(?:style|script)\b[^>]{0,500}>[^<]{0,4000}|<[^<>]{0,500}>/gi;
const URL_LIKE = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>]+/gi;
const AFTER_SCHEME = /\b(bearer|basic|digest|splunk|apikey)(?:\s+|\s*[:=]\s*)[^\s"',;]+/gi;
const NAMED =
  /\b([\w-]{0,40}(?:token|secret|password|passwd|api[-_]?key|authorization|credential)s?)("?\s*[:=]\s*"?)[^\s"',;}]+/gi;
/** Sixteen characters without a gap that have a digit or mixed case; `channel_is_archived` has neither. */
const TOKEN_LIKE = /(?<![\w+/=.~-])(?=[\w+/=.~-]{0,80}?(?:\d|[a-z][A-Z]))[\w+/=.~-]{16,}/g;
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\s]+/gu;

/** At most 200 characters of `text` on one line, with `secrets` and whatever looks like one masked. */
export function excerpt(text: string, secrets: readonly string[] = []): string {
  let safe = text.slice(0, MAX_LOOKED_AT);
  // A secret that the cut halved would not be recognised.
  if (text.length > MAX_LOOKED_AT) safe = safe.replace(/\S{1,1000}$/, '');
  for (const secret of secrets) if (secret.length > 0) safe = safe.replaceAll(secret, MASK);
  safe = safe
    .replace(MARKUP, ' ')
    .replace(URL_LIKE, '[url]')
    .replace(AFTER_SCHEME, `$1 ${MASK}`)
    .replace(NAMED, `$1$2${MASK}`)
    .replace(TOKEN_LIKE, MASK)
    .replace(UNSAFE, ' ')
    .trim();
  return safe.length <= MAX_LENGTH ? safe : `${safe.slice(0, MAX_LENGTH - 2).replace(/[\uD800-\uDBFF]$/, '')} …`;
}

/** The parts of a URL that are worth hiding: its credentials, its path and what in it or its query could be a token. */
export function secretsOfUrl(url: string): string[] {
  if (!URL.canParse(url)) return [];
  const { href, username, password, pathname, search, searchParams } = new URL(url);
  const parts = [...pathname.split('/'), ...searchParams.values()];
  const tokens = parts.filter((part) => part.length >= 16 || (part.length >= 5 && /\d/.test(part)));
  return [url, href, pathname + search, pathname, password, username, ...tokens, ...tokens.map(decoded)]
    .filter((part) => part.length > 1)
    .sort((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
