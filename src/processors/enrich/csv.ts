/**
 * Tables in CSV (RFC 4180), also with semicolons or tabs. A field in quotes may hold separators,
 * line ends, and quotes doubled.
 */

/** The rows, each a list of fields; empty lines are none. Throws an Error with the line where a quote is never closed. */
export function parseCsv(text: string): string[][] {
  const start = text.startsWith('\ufeff') ? 1 : 0;
  const separator = separatorOf(text.slice(start, end(text, start)));
  const rows: string[][] = [];
  let row: string[] = [];
  let at = start;
  let line = 1;
  for (;;) {
    if (text[at] === '"') {
      const opened = line;
      let field = '';
      for (;;) {
        const quote = text.indexOf('"', at + 1);
        if (quote < 0) throw new Error(`line ${opened}: a quote is never closed`);
        field += text.slice(at + 1, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        field += '"';
      }
      line += field.split('\n').length - 1;
      row.push(field);
      if (!isEnd(text, at) && text[at] !== separator) throw new Error(`line ${line}: text follows a closing quote`);
    } else {
      let stop = at;
      while (!isEnd(text, stop) && text[stop] !== separator) stop += 1;
      row.push(text.slice(at, stop));
      at = stop;
    }
    if (text[at] === separator && at < text.length) {
      at += 1;
      continue;
    }
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    if (at >= text.length) return rows;
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1;
    line += 1;
    if (at >= text.length) return rows;
  }
}

function isEnd(text: string, at: number): boolean {
  return at >= text.length || text[at] === '\n' || text[at] === '\r';
}

function end(text: string, from: number): number {
  const index = text.indexOf('\n', from);
  return index < 0 ? text.length : index;
}

function separatorOf(heading: string): string {
  const counts = [',', ';', '\t'].map((mark) => [mark, heading.split(mark).length] as const);
  return counts.reduce((best, other) => (other[1] > best[1] ? other : best))[0];
}
