/**
 * Lines as container runtimes write them: CRI (`2026-01-31T12:00:00.1Z stdout F text`) and Docker's
 * json-file (`{"log":"text\n","stream":"stdout","time":"…"}`). What a runtime has cut into several
 * lines is put together again, stream by stream, and records of several lines out of that.
 *
 * Like `linesOf` it keeps nothing between two calls: it consumes up to where nothing is open.
 */
import { timeOf } from '../../lib/timestamp.ts';
import { lastLineEnd, nextLineEnd } from './encoding.ts';
import { linesOf, type LineOptions, type Lines } from './lines.ts';

const LF = 10;
const CR = 13;
const SPACE = 32;

/** The runtime's time stamps have at most 35 characters. */
const MAX_STAMP = 40;

const CRI = /^\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) [FP][ :]/;

const DOCKER = /^\{(?:"log":"|"(?:stream|time|attrs)":.{0,400}?"log":")/;

/** What the runtime says of a line. */
export interface LineOrigin {
  /** Unix milliseconds; undefined where the line is not the runtime's. */
  readonly time: number | undefined;
  readonly stream: string;
}

export interface ContainerLines extends Lines {
  /** Of each span in turn; only where the lines are a container's. */
  readonly origins?: readonly LineOrigin[];
}

/** As `linesOf`, for a file that may be a container's: told by the first line. */
export function containerLinesOf(
  raw: Buffer,
  from: number,
  to: number,
  skipping: boolean,
  flush: boolean,
  options: LineOptions,
): ContainerLines {
  if (options.encoding !== 'utf-8') return linesOf(raw, from, to, skipping, flush, options);
  const start = skipping ? nextLineEnd(raw, from, to, 'utf-8') : from;
  if (start < 0 || !isContainers(raw, start, to)) return linesOf(raw, from, to, skipping, flush, options);
  const end = flush ? to : lastLineEnd(raw, start, to, 'utf-8');
  // A single line without an end: wait for it, or cut it.
  if (end <= start) return linesOf(raw, start, to, false, flush, options);
  const records = new Records(raw, start, end, options);
  records.read();
  // What stays open for longer than a record may be is taken as it is.
  if (flush || (records.safeEnd === start && end - start > options.maxBytes)) records.closeAll(end);
  return records.lines();
}

function isContainers(raw: Buffer, start: number, to: number): boolean {
  const head = raw.toString('latin1', start, Math.min(to, start + 480));
  return CRI.test(head) || (DOCKER.test(head) && head.includes('"stream":"std'));
}

/** A line of the container's own, once the runtime's are put together. */
interface Open {
  text: string;
  readonly time: number | undefined;
  readonly stream: string;
  /** Where its first line begins. */
  readonly start: number;
  /** Lines of others are between its own. */
  mixed: boolean;
}

interface Piece {
  readonly text: string;
  readonly time: number | undefined;
  readonly stream: string;
  /** More of the same line follows. */
  readonly partial: boolean;
}

class Records {
  readonly #raw: Buffer;
  readonly #from: number;
  readonly #to: number;
  readonly #options: LineOptions;
  readonly #done: Open[] = [];
  /** By stream: lines whose end was not read yet. */
  readonly #partial = new Map<string, Open>();
  /** The record that the next line may belong to. */
  #record: Open | undefined;
  /** Up to here nothing is open. */
  safeEnd: number;
  #safeCount = 0;

  constructor(raw: Buffer, from: number, to: number, options: LineOptions) {
    this.#raw = raw;
    this.#from = from;
    this.#to = to;
    this.#options = options;
    this.safeEnd = from;
  }

  read(): void {
    for (let start = this.#from; start < this.#to;) {
      const found = this.#raw.indexOf(LF, start);
      const end = found < 0 || found >= this.#to ? this.#to : found;
      this.#add(pieceOf(this.#raw, start, end), start);
      start = end + 1;
      if (this.#partial.size === 0 && this.#record === undefined) this.#safeAt(Math.min(start, this.#to));
    }
  }

  closeAll(end: number): void {
    for (const open of this.#partial.values()) this.#complete(open);
    this.#partial.clear();
    this.#close();
    this.#safeAt(end);
  }

  lines(): ContainerLines {
    const { maxBytes } = this.#options;
    const records = this.#done.slice(0, this.#safeCount);
    const bytes = Buffer.allocUnsafeSlow(records.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0));
    const spans: number[] = [];
    const origins: LineOrigin[] = [];
    let truncated: Set<number> | undefined;
    let at = 0;
    for (const { text, time, stream } of records) {
      const end = at + bytes.write(text, at);
      while (at < end) {
        // What is too long comes in parts: the runtime has cut it already, nothing more is lost.
        const part = partOf(bytes, at, end, maxBytes);
        if (part < end) (truncated ??= new Set()).add(at);
        spans.push(at, part);
        origins.push({ time, stream });
        at = part;
      }
    }
    return { bytes, spans, truncated, end: this.safeEnd, skipping: false, origins, length: bytes.length };
  }

  #add(piece: Piece, start: number): void {
    const { stream, time, partial } = piece;
    const open = this.#partial.get(stream);
    if (open) open.text += piece.text;
    const line = open ?? { text: piece.text, time, stream, start, mixed: false };
    for (const other of this.#partial.values()) if (other !== line) other.mixed = true;
    if (partial) {
      this.#partial.set(stream, line);
      return;
    }
    if (open) this.#partial.delete(stream);
    this.#complete(line);
  }

  /** A line of the container's is whole. A line of the other stream ends a record. */
  #complete(line: Open): void {
    const { startsRecord } = this.#options;
    if (!startsRecord) {
      this.#done.push(line);
      return;
    }
    const record = this.#record;
    if (record && record.stream === line.stream && !startsRecord(line.text)) {
      record.text += `\n${line.text}`;
      return;
    }
    this.#close();
    // Before this record nothing is open, unless a partial line of the other stream is.
    if (this.#partial.size === 0 && !line.mixed) this.#safeAt(line.start);
    this.#record = line;
  }

  #close(): void {
    if (this.#record) this.#done.push(this.#record);
    this.#record = undefined;
  }

  #safeAt(end: number): void {
    this.safeEnd = end;
    this.#safeCount = this.#done.length;
  }
}

/** Where a part of at most `maxBytes` ends: not within a character. */
function partOf(bytes: Buffer, start: number, end: number, maxBytes: number): number {
  if (end - start <= maxBytes) return end;
  let part = start + maxBytes;
  while ((bytes[part]! & 0xc0) === 0x80) part -= 1;
  return part;
}

/** What is no line of a runtime's is a whole line of no stream. */
function pieceOf(raw: Buffer, start: number, end: number): Piece {
  return (
    (raw[start] === 0x7b ? dockerPiece(raw, start, end) : criPiece(raw, start, end)) ?? plainPiece(raw, start, end)
  );
}

function criPiece(raw: Buffer, start: number, end: number): Piece | undefined {
  const stampEnd = raw.indexOf(SPACE, start);
  if (stampEnd < 0 || stampEnd - start > MAX_STAMP) return undefined;
  const streamEnd = raw.indexOf(SPACE, stampEnd + 1);
  if (streamEnd !== stampEnd + 7 || streamEnd >= end) return undefined;
  const stream = raw.toString('latin1', stampEnd + 1, streamEnd);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const found = raw.indexOf(SPACE, streamEnd + 1);
  const tagEnd = found < 0 || found > end ? end : found;
  const time = timeOf(raw.toString('latin1', start, stampEnd));
  const partial = raw[streamEnd + 1] === 0x50;
  return { text: textOf(raw, Math.min(tagEnd + 1, end), end), time, stream, partial };
}

function dockerPiece(raw: Buffer, start: number, end: number): Piece | undefined {
  let value: unknown;
  try {
    value = JSON.parse(raw.toString('utf8', start, end));
  } catch {
    return undefined;
  }
  const { log, stream, time } = value as Readonly<Record<string, unknown>>;
  if (typeof log !== 'string' || typeof stream !== 'string' || typeof time !== 'string') return undefined;
  return { text: log.replace(/\r?\n$/, ''), time: timeOf(time), stream, partial: !log.endsWith('\n') };
}

function plainPiece(raw: Buffer, start: number, end: number): Piece {
  return { text: textOf(raw, start, end), time: undefined, stream: '', partial: false };
}

function textOf(raw: Buffer, start: number, end: number): string {
  return raw.toString('utf8', start, end > start && raw[end - 1] === CR ? end - 1 : end);
}
