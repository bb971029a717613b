/**
 * What redact knows by itself. Each kind has a quick look that most texts do not pass, and a search
 * whose repeats are bounded or begin where a run begins: the time is linear in the text.
 */
import { findIPv6, isCard, isIban, leadingPart } from './checks.ts';

/** What stands for a text of a kind. */
export type Placeholder = (kind: string, found: string) => string;

export interface Kind {
  readonly name: string;
  /** Cheap, and false only for texts that have none. */
  readonly mayHave: (text: string) => boolean;
  readonly replace: (text: string, placeholder: Placeholder) => string;
}

const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const PRIVATE_KEY_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const URL_PASSWORD = /(:\/\/[^\s:@/]{0,256}):([^\s/]{1,256})@/g;
const JWT = /(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{4,}\.[\w-]*/g;
const BEARER = /\b(bearer|basic)([ \t]{1,4})([\w.~+/-]{8,}={0,2})/gi;
const AWS_KEY = /(?<![A-Z0-9])(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}(?![A-Z0-9])/g;
const KNOWN_KEY =
  /(?<![\w-])(?:sk|pk|rk)[-_](?:live|test|proj|ant)?[-_]?[\w-]{16,}|(?<![\w-])(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|AIza[\w-]{30,}|npm_\w{30,}|hf_\w{30,}|SG\.[\w-]{16,}\.[\w-]{16,})/g;
const NAMED_KEY =
  /((?:api[-_ ]?key|access[-_]?key|secret[-_]?key|access[-_]?token|auth[-_]?token|refresh[-_]?token|id[-_]?token|client[-_]?secret|secret|token)\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?)(?![[\s"'\\])([^\s"'\\,;&]{6,})/gi;
const PASSWORD = /((?:password|passwd|pwd|passphrase)\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?)(?![[\s"'\\])([^\s"'\\,;&]+)/gi;
const EMAIL =
  /(?<![\w.+%\u0080-\uffff-])[\w.+%\u0080-\uffff-]{1,64}@(?:[\w\u0080-\uffff-]{1,63}\.){1,8}[a-z\u0080-\uffff]{2,24}/gi;
const IBAN = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g;
/** Without gaps, or in the groups that are embossed; other digits with gaps are right by chance in one of ten cases. */
const CARD = /(?<!\d)(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5})(?!\d)/g;
const IPV6_RUN = /[\da-f:.]{2,64}/gi;
const IPV4 = /(?<![\dA-Za-z.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\d|\.\d)/g;

/** In the order in which they are replaced: what holds others goes first. */
export const KINDS: readonly Kind[] = [
  { name: 'private_key', mayHave: (text) => text.includes('PRIVATE KEY'), replace: withoutPrivateKeys },
  {
    name: 'url_password',
    mayHave: (text) => text.includes('://') && text.includes('@'),
    replace: (text, placeholder) =>
      text.replace(
        URL_PASSWORD,
        (_, user: string, password: string) => `${user}:${placeholder('url_password', password)}@`,
      ),
  },
  kind('jwt', JWT, (text) => text.includes('eyJ')),
  {
    name: 'bearer_token',
    mayHave: (text) => /bearer|basic/i.test(text),
    replace: (text, placeholder) =>
      text.replace(BEARER, (all, scheme: string, blank: string, token: string) =>
        // "Basic authentication failed" is a sentence.
        /\d|=|[a-z][A-Z]|.{24}/.test(token) ? `${scheme}${blank}${placeholder('bearer_token', token)}` : all,
      ),
  },
  kind('aws_key', AWS_KEY, (text) => /A[A-Z]{3}[A-Z0-9]{16}/.test(text)),
  {
    name: 'api_key',
    mayHave: (text) => /[-_]|key|token|secret|AIza|SG\./i.test(text),
    replace: (text, placeholder) =>
      text
        .replace(KNOWN_KEY, (key) => placeholder('api_key', key))
        .replace(NAMED_KEY, (_, name: string, key: string) => name + placeholder('api_key', key)),
  },
  {
    name: 'password',
    mayHave: (text) => /pass|pwd/i.test(text),
    replace: (text, placeholder) =>
      text.replace(PASSWORD, (_, name: string, password: string) => name + placeholder('password', password)),
  },
  kind('email', EMAIL, (text) => text.includes('@')),
  checked('iban', IBAN, isIban),
  checked('credit_card', CARD, isCard),
  {
    name: 'ipv6',
    mayHave: (text) => /:[\da-f]{0,4}:/i.test(text),
    replace: withoutIPv6,
  },
  kind('ipv4', IPV4, (text) => /\d\.\d{1,3}\.\d/.test(text)),
];

function kind(name: string, pattern: RegExp, mayHave: Kind['mayHave']): Kind {
  return { name, mayHave, replace: (text, placeholder) => text.replace(pattern, (found) => placeholder(name, found)) };
}

/** A number with check digits; it may have others around it, in the same notation. */
function checked(name: string, pattern: RegExp, is: (text: string) => boolean): Kind {
  return {
    name,
    mayHave: (text) => /\d[\d -]{10}/.test(text) || (name === 'iban' && /[A-Z]{2}\d{2}/.test(text)),
    replace: (text, placeholder) => {
      let safe = '';
      let end = 0;
      pattern.lastIndex = 0;
      for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
        const [found] = match;
        const part = leadingPart(found, is);
        if (part === undefined) {
          // One may still begin at the next group of digits.
          const group = found.search(/[ -]/);
          if (group >= 0) pattern.lastIndex = match.index + group + 1;
          continue;
        }
        safe += text.slice(end, match.index) + placeholder(name, part);
        end = pattern.lastIndex = match.index + part.length;
      }
      return safe + text.slice(end);
    },
  };
}

/** A key that never ends, because the text was cut, goes on to the end of the text. */
function withoutPrivateKeys(text: string, placeholder: Placeholder): string {
  let safe = '';
  let rest = text;
  for (;;) {
    const begin = PRIVATE_KEY.exec(rest);
    if (!begin) return safe + rest;
    const body = rest.slice(begin.index);
    const end = PRIVATE_KEY_END.exec(body);
    const length = end ? end.index + end[0].length : body.length;
    safe += rest.slice(0, begin.index) + placeholder('private_key', body.slice(0, length));
    rest = body.slice(length);
  }
}

function withoutIPv6(text: string, placeholder: Placeholder): string {
  return text.replace(IPV6_RUN, (run: string, at: number) => {
    if (!run.includes(':')) return run;
    const place = findIPv6(run, isWord(text, at - 1), isWord(text, at + run.length));
    if (!place) return run;
    const [start, end] = place;
    return run.slice(0, start) + placeholder('ipv6', run.slice(start, end)) + run.slice(end);
  });
}

function isWord(text: string, at: number): boolean {
  return /\w/.test(text[at] ?? '');
}
