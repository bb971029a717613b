/**
 * A file as it was read, and where in it something is.
 */
import type { Position } from '../component/configuration.ts';

/** One text. Offsets are UTF-16 units into `text`; lines and columns count from 1, columns in characters. */
export class Source {
  /** Absolute path. */
  readonly file: string;
  /** Without a byte order mark. */
  readonly text: string;
  readonly #lineStarts: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text.startsWith('\uFEFF') ? text.slice(1) : text;
    for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1))
      this.#lineStarts.push(at + 1);
  }

  get lines(): number {
    return this.#lineStarts.length;
  }

  positionAt(offset: number): Position {
    const line = this.lineAt(offset);
    const before = this.text.slice(this.lineStart(line), Math.max(0, Math.min(offset, this.text.length)));
    return { file: this.file, line, column: characters(before) + 1 };
  }

  /** The line that `offset` is on. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lineStarts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  lineStart(line: number): number {
    return this.#lineStarts[line - 1] ?? this.text.length;
  }

  /** The other way round; past the end of a line, its end. */
  offsetAt(line: number, column: number): number {
    const before = [...this.lineText(line)].slice(0, column - 1).join('');
    return this.lineStart(line) + before.length;
  }

  /** The line without its end. */
  lineText(line: number): string {
    if (line > this.lines) return '';
    const end = line < this.lines ? this.lineStart(line + 1) - 1 : this.text.length;
    return this.text.slice(this.lineStart(line), end).replace(/\r$/, '');
  }
}

/** A stretch of a source. `end` is behind its last character. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export function positionOf({ source, start }: Span): Position {
  return source.positionAt(start);
}

/** Code points, not UTF-16 units: what an editor's column and a caret count. */
export function characters(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0xdc00 || unit > 0xdfff) count += 1;
  }
  return count;
}
