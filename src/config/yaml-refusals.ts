/** What is refused of a file by its tokens alone: a tree takes ten times as long to make, and all else waits meanwhile. */
import { CST, Lexer } from 'yaml';
import type { Refusal } from './yaml-messages.ts';

/** Keys and values written in one file: so many take a second to read. */
const MOST_VALUES = 50_000;

/** Tags of YAML 1.1 for collections of other kinds, and what is written here in their place. */
const COLLECTIONS: ReadonlyMap<string, string> = new Map([
  ['!!omap', 'every map keeps its order: leave out the tag and the dashes'],
  ['!!pairs', 'leave out the tag'],
  ['!!set', 'write a list, with a dash before each value'],
]);

/** The first of them, if there is one. */
export function refusalOf(text: string): Refusal | undefined {
  // A value takes two characters at the least. Most files are short, and need not be read twice.
  if (text.length < 2 * MOST_VALUES && !/!!(?:omap|pairs|set)/.test(text)) return undefined;
  let start = 0;
  let values = 0;
  let inScalar = false;
  for (const token of new Lexer().lex(text)) {
    // These three stand for no text of the file; behind the first comes the whole text of a plain or block scalar.
    if (token === CST.SCALAR) inScalar = true;
    if (token === CST.SCALAR || token === CST.DOCUMENT || token === CST.FLOW_END) continue;
    const end = start + token.length;
    const instead = inScalar ? undefined : COLLECTIONS.get(token);
    if (instead !== undefined) return { message: `the tag ${token} means nothing here; ${instead}`, start, end };
    if (inScalar || /^["'[{*]/.test(token)) values += 1;
    if (values > MOST_VALUES) {
      const most = MOST_VALUES.toLocaleString('en');
      const message = `this is one more than the ${most} keys and values that a file may have; name files of their own under include, and keep tables in those of enrich's lookup`;
      return { message, start, end };
    }
    inScalar = false;
    start = end;
  }
  return undefined;
}
