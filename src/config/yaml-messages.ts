/**
 * What the YAML parser found, in words that say what to type instead.
 */
export interface Refusal {
  readonly message: string;
  /** Where to point, when not where the parser did. */
  readonly start: number;
  readonly end: number;
}

/** `text` is the file, `start` and `end` where the parser points, `said` its own words. */
export function explainYaml(code: string, said: string, text: string, start: number, end: number): Refusal {
  const at = (message: string, from = start, to = end): Refusal => ({ message, start: from, end: to });
  switch (code) {
    case 'TAB_AS_INDENT':
      return at(
        'a tab is used as indentation; YAML takes spaces only',
        start,
        start + (/^\t+/.exec(text.slice(start))?.[0].length ?? 1),
      );
    case 'MULTIPLE_DOCS':
      return at(
        'a second document starts here; a pipeline file is one document: remove the ---, or put the parts in files of their own and name them under include',
      );
    case 'BAD_SCALAR_START':
      return at(
        `a value cannot start with ${text[start] ?? 'this'} unless it is in quotes: write '${wordAt(text, start)}'`,
        start,
        start + wordAt(text, start).length,
      );
    case 'BLOCK_AS_IMPLICIT_KEY':
      return at(
        'this line has a colon within its value, or the lines below it are indented too far; put a value that has a colon in quotes',
      );
    case 'MULTILINE_IMPLICIT_KEY':
      return firstLine(
        text,
        start,
        'this line is neither `key: value` nor part of the value above it; is a colon (with a space behind it) missing, or is it indented wrongly?',
      );
    case 'BAD_INDENT':
      if (said.startsWith('Flow map')) return unclosed(text, start, end, '{', '}');
      if (said.startsWith('Flow seq')) return unclosed(text, start, end, '[', ']');
      return at(
        'this line is indented differently from its neighbours: all keys of a block must start at the same column',
      );
    case 'MISSING_CHAR':
      if (said.includes('quote')) return unclosedQuote(text, start, said);
      if (said.includes('map values'))
        return firstLine(text, start, 'this line has a key without a colon; write `key: value`');
      if (said.startsWith('Tags and anchors')) {
        const from = text.slice(0, start).search(/[!&][^\s!&]*$/);
        if (from !== -1)
          return at(
            `a value cannot start with ${text[from]} unless it is in quotes: put all of it in quotes`,
            from,
            start,
          );
      }
      return at(`${said.charAt(0).toLowerCase()}${said.slice(1)}`);
    case 'BLOCK_IN_FLOW':
      return firstLine(
        text,
        start,
        'within { } and [ ] a value that has a colon, a comma or a quote in it must be in quotes',
      );
    case 'BAD_DQ_ESCAPE':
      return at(
        `${text.slice(start, end)} means nothing within double quotes; write \\\\ for a backslash, or use single quotes, in which a backslash is only a backslash`,
      );
    case 'BAD_ALIAS':
      return at('an alias (*name) stands for a whole value; put a text that starts with * in quotes');
    case 'UNEXPECTED_TOKEN':
      if (said.includes('on same line with key'))
        return at('a list must start on the line below its key, or be written as [a, b]');
      if (text[start] === '{' && text[start - 1] === '$')
        return at(
          'this ${ is no reference: ${env:NAME} and ${file:/path} are; write $${ in quotes for the characters themselves',
          start - 1,
        );
      if (said.includes('flow-map-end')) return at('this } closes nothing');
      if (said.includes('flow-seq-end')) return at('this ] closes nothing');
      return at('the value before this has ended already; put the whole value in quotes, or check the indentation');
    default:
      return at(`not YAML: ${said.charAt(0).toLowerCase()}${said.slice(1)}`);
  }
}

/** A comment has mostly swallowed what should close it; at the end of the file, the bracket itself is shown. */
function unclosed(text: string, start: number, end: number, open: string, close: string): Refusal {
  const before = text.slice(0, start).trimEnd();
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const comment = line.includes(open) ? /[:,[{]\s+(#\S.*)$/.exec(line)?.[1] : undefined;
  if (comment !== undefined) {
    const from = before.length - comment.length;
    const word = wordAt(text, from + 1);
    const message = `YAML reads from # to the end of the line as a comment, the closing ${close} too; write '#${word}' in quotes`;
    return { message, start: from, end: from + 1 + word.length };
  }
  const from = before.lastIndexOf(open);
  if (start < text.trimEnd().length || from === -1)
    return { message: `the ${open} above is not closed with a ${close} before this`, start, end };
  return { message: `this ${open} is not closed with a ${close}`, start: from, end: from + 1 };
}

function wordAt(text: string, start: number): string {
  return /^[^\s#,\]}]*/.exec(text.slice(start, start + 200))![0];
}

function firstLine(text: string, start: number, message: string): Refusal {
  const line = /^[^\r\n]*/.exec(text.slice(start))![0].trimEnd();
  return { message, start, end: start + Math.max(1, line.length) };
}

/** The parser notices at the end of the file; the quote that was forgotten is on the line where the text began. */
function unclosedQuote(text: string, start: number, said: string): Refusal {
  const quote = said.includes("'") ? "'" : '"';
  const message = `the text that starts here has no closing ${quote}`;
  const opened = /[:,[{-]\s+(["'])(?:(?!\1)[^\n\\]|\\.|'')*$/gm;
  let from = start;
  for (const match of text.slice(0, start).matchAll(opened)) {
    if (match[1] === quote) {
      from = match.index + match[0].indexOf(quote);
      break;
    }
  }
  return { message, start: from, end: from + 1 };
}
