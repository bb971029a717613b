/** What is refused of a file by its tokens alone: a tree takes ten times as long to make, and all else waits meanwhile. */
import { CST, Lexer } from 'yaml';
import type { Refusal } from './yaml-messages.ts';

/** Keys and values written in one file: so many take a second to read. */
const MOST_VALUES = 50_000;

/** What begins or parts values, be there none between: each is counted by itself, since those of a map are two for an entry. */
const INDICATORS = new Set(['-', '?', ':', ',']);

/** Tags of YAML 1.1 for collections of other kinds, and what is written here in their place. */
const COLLECTIONS: ReadonlyMap<string, string> = new Map([
  ['!!omap', 'every map keeps its order: leave out the tag and the dashes'],
  ['!!pairs', 'leave out the tag'],
  ['!!set', 'write a list, with a dash before each value'],
]);

const VERBATIM = /^!<tag:yaml\.org,2002:(\w+)>$/;

/** The first of them, if there is one. */
export function refusalOf(text: string): Refusal | undefined {
  // Each takes a character at the least. Most files are short, and need not be read twice.
  if (text.length <= MOST_VALUES && !/!!(?:omap|pairs|set)|!<tag:/.test(text)) return undefined;
  const counts = new Map<string, number>();
  let start = 0;
  let inScalar = false;
  for (const token of new Lexer().lex(text)) {
    // These three stand for no text of the file; behind the first comes the whole text of a plain or block scalar.
    if (token === CST.SCALAR) inScalar = true;
    if (token === CST.SCALAR || token === CST.DOCUMENT || token === CST.FLOW_END) continue;
    const end = start + token.length;
    const instead = inScalar ? undefined : COLLECTIONS.get(token.replace(VERBATIM, '!!$1'));
    if (instead !== undefined) return { message: `the tag ${token} means nothing here; ${instead}`, start, end };
    const kind = inScalar || /^["'[{*]/.test(token) ? 'value' : token;
    const count = (counts.get(kind) ?? 0) + 1;
    if (kind === 'value' || INDICATORS.has(kind)) counts.set(kind, count);
    if (count > MOST_VALUES) {
      const most = MOST_VALUES.toLocaleString('en');
      const message = `this is one more than the ${most} keys and values that a file may have; name files of their own under include, and keep tables in those of enrich's lookup`;
      return { message, start, end };
    }
    inScalar = false;
    start = end;
  }
  return undefined;
}
