/**
 * Collects what is wrong with the files, and turns it into problems with their lines at the end,
 * when it is known what in those lines is secret.
 */
import type { Position, Problem } from '../component/configuration.ts';
import { Secrets } from './secrets.ts';
import { characters, positionOf, type Source, type Span } from './source.ts';

interface Finding {
  readonly severity: 'error' | 'hint';
  readonly span: Span;
  readonly message: string;
  readonly suggestion: string | undefined;
}

export interface More {
  readonly severity?: 'error' | 'hint';
  readonly length?: number;
  readonly suggestion?: string;
}

/** Told of one file and those that it includes: each is shown with its line, which may be all of a file. */
const MOST = 100;

export class Findings {
  readonly secrets = new Secrets();
  /** Of each file that has secrets written in the clear, where the first is. */
  readonly inClear = new Map<string, Position>();
  readonly #sources: Source[] = [];
  readonly #found = new Map<string, Finding>();
  #errors = 0;

  addSource(source: Source): void {
    this.#sources.push(source);
  }

  /** The text of every file read so far, by absolute path. */
  get texts(): ReadonlyMap<string, string> {
    return new Map(this.#sources.map(({ file, text }) => [file, text]));
  }

  error(span: Span, message: string, suggestion?: string): void {
    this.#add({ severity: 'error', span, message, suggestion });
  }

  hint(span: Span, message: string, suggestion?: string): void {
    this.#add({ severity: 'hint', span, message, suggestion });
  }

  /** A secret that is written in the file itself, which is hinted at. */
  secretInClear(span: Span, message: string): void {
    if (!this.inClear.has(span.source.file)) this.inClear.set(span.source.file, positionOf(span));
    this.hint(span, message);
  }

  /** What somebody else found in a file that was read. */
  add({
    file,
    line,
    column,
    message,
    severity = 'error',
    suggestion,
  }: Position & Pick<Problem, 'message'> & More): void {
    const source = this.#sources.find((other) => other.file === file) ?? this.#sources[0];
    if (!source) return;
    const start = source.offsetAt(line, column);
    this.#add({ severity, span: { source, start, end: start + 1 }, message, suggestion });
  }

  /** The same thing said twice, as through an alias, is said once. */
  #add(finding: Finding): void {
    const { span, message } = finding;
    const key = `${span.source.file}\n${span.start}\n${message}`;
    if (finding.severity === 'error') this.#errors += 1;
    if (!this.#found.has(key)) this.#found.set(key, finding);
  }

  /** Errors so far; one that is said twice counts twice, so that a difference tells whether something was wrong. */
  get errors(): number {
    return this.#errors;
  }

  /** In the order of the files: the main file first, each from its top. */
  problems(): Problem[] {
    const order = new Map(this.#sources.map((source, index) => [source, index]));
    const rank = ({ span }: Finding) => order.get(span.source) ?? order.size;
    const sorted = [...this.#found.values()].sort(
      (a, b) => rank(a) - rank(b) || a.span.start - b.span.start || a.severity.localeCompare(b.severity),
    );
    const [told, more] = [sorted.slice(0, MOST), sorted.slice(MOST)];
    if (more[0]) {
      const severity = more.some((finding) => finding.severity === 'error') ? 'error' : 'hint';
      told.push({ ...more[0], severity, message: `and ${more.length} more from here on: mend those above first` });
    }
    return told.map((finding) => this.#problem(finding));
  }

  #problem({ severity, span, message, suggestion }: Finding): Problem {
    const position = positionOf(span);
    const line = span.source.lineText(position.line);
    const left = line.length - (span.start - span.source.lineStart(position.line));
    const length = characters(
      span.source.text.slice(span.start, span.start + Math.max(0, Math.min(span.end - span.start, left))),
    );
    return this.at(position, message, {
      severity,
      length: Math.max(1, length),
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }

  /** A problem at a position in a file that was read, such as one that `create` or `start` finds. */
  at(position: Position, message: string, { severity = 'error', ...more }: More = {}): Problem {
    const source = this.#sources.find(({ file }) => file === position.file);
    const text = source ? this.secrets.maskedLine(source, position.line) : '';
    return { ...position, severity, message: this.secrets.maskedMessage(message), ...more, text };
  }
}
