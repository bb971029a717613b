/**
 * lookup: what a table in a file says of an event, by one of its fields.
 *
 * Is the file read again? Within two seconds of a change. A new table that is broken is reported, and
 * the old one stays. A key that the table does not have leaves the event alone.
 */
import { readFile, stat } from 'node:fs/promises';
import type { Context } from '../../component/component.ts';
import { codeOf, StartError, type Place } from '../../component/errors.ts';
import type { Event } from '../../component/event.ts';
import { fieldReader, type FieldReader } from '../../lib/field-path.ts';
import { fieldWriter, type FieldWriter } from '../../lib/field-write.ts';
import { readTable, type Table, type TableOptions } from './table.ts';

const EVERY_MS = 1_000;
/** Quiet that must follow a change before the table is read: it may be half written. */
const SETTLE_MS = 100;
const MAX_BYTES = 64 * 1024 * 1024;

export interface LookupOptions {
  readonly file: string;
  readonly key: string;
  readonly key_column?: string;
  readonly columns?: readonly string[];
  readonly target?: string;
}

export class Lookup {
  readonly #file: string;
  readonly #table: TableOptions;
  readonly #read: FieldReader;
  readonly #write: FieldWriter | undefined;
  readonly #context: Context;
  readonly #place: Place;
  #rows: Table = new Map();
  /** Size and time of the file as it was last looked at. */
  #print = '';
  /** What it was when it was last found changed. */
  #changing = '';
  /** What was last said to be wrong with it. */
  #trouble: string | undefined;
  #stopped = false;
  #cancel: (() => void) | undefined;

  constructor({ file, key, key_column, columns, target }: LookupOptions, context: Context, place: Place) {
    this.#file = file;
    this.#table = { keyColumn: key_column, columns };
    this.#read = fieldReader(key);
    this.#write = target === undefined ? undefined : fieldWriter(target);
    this.#context = context;
    this.#place = place;
  }

  /** Reads the table, and watches it from now on; a StartError says what is wrong with it. */
  async start(): Promise<void> {
    await this.#first();
    this.#watch();
  }

  /** Reads the table and keeps no watch on it; throws as `start` does. */
  verify(): Promise<void> {
    return this.#first();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  apply(event: Event): void {
    const key = this.#read(event);
    const row =
      typeof key === 'string' ? this.#rows.get(key) : key === undefined ? undefined : this.#rows.get(String(key));
    if (!row) return;
    if (this.#write) {
      this.#write(event, row);
      return;
    }
    for (const column in row) event.metadata[column] = row[column];
  }

  async #first(): Promise<void> {
    try {
      this.#rows = await this.#load(await this.#fingerprint());
    } catch (error) {
      throw new StartError(`the table ${this.#file} cannot be used: ${reasonOf(error)}`, {
        ...this.#place,
        hint: 'Put the file there, readable for the collector, with a line of headings or as a list of objects.',
      });
    }
  }

  #watch(afterMs = EVERY_MS): void {
    if (this.#stopped) return;
    this.#cancel = this.#context.clock.schedule(
      afterMs,
      () => void this.#look().then((settled) => this.#watch(settled ? EVERY_MS : SETTLE_MS)),
    );
  }

  /** False if it must be looked at again soon. */
  async #look(): Promise<boolean> {
    const { log } = this.#context;
    try {
      const print = await this.#fingerprint();
      if (print !== this.#print) {
        if (print !== this.#changing) {
          this.#changing = print;
          return false;
        }
        const rows = await this.#load(print);
        if (this.#stopped) return true;
        this.#rows = rows;
        log.info(`the table ${this.#file} changed and was read again: ${rows.size} keys`);
      }
      this.#trouble = undefined;
    } catch (error) {
      const reason = reasonOf(error);
      if (this.#stopped || reason === this.#trouble) return true;
      this.#trouble = reason;
      log.warn(
        `the new table ${this.#file} cannot be used: ${reason}; the one read before stays, with ${this.#rows.size} keys`,
      );
    }
    return true;
  }

  async #fingerprint(): Promise<string> {
    const { mtimeMs, size, ino } = await stat(this.#file);
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, and a table at most ${MAX_BYTES}`);
    return `${mtimeMs} ${size} ${ino}`;
  }

  /** Once the file could be read, it is not read again while it is the same: also where it proves broken. */
  async #load(print: string): Promise<Table> {
    const text = await readFile(this.#file, 'utf8');
    this.#print = print;
    return readTable(text, this.#file, this.#table);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && 'syscall' in error ? codeOf(error) : error.message.split('\n', 1)[0]!;
}
