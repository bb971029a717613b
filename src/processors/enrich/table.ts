/**
 * A table for look-ups, from a CSV, JSON or YAML file: what it says of each key.
 *
 * CSV has a line of headings; JSON and YAML have a list of objects, or an object of them by key.
 */
import { newMetadata, type Metadata } from '../../component/event.ts';
import { parseCsv } from './csv.ts';

/** Frozen: events share what they get of it. */
export type Table = ReadonlyMap<string, Readonly<Metadata>>;

export interface TableOptions {
  /** Undefined: the first one. */
  readonly keyColumn: string | undefined;
  /** Undefined: all but the key's. */
  readonly columns: readonly string[] | undefined;
}

/** Throws an Error whose message says what is wrong with the text, and where. */
export async function readTable(text: string, file: string, options: TableOptions): Promise<Table> {
  if (/\.json$/i.test(file)) return tableOf(JSON.parse(text), options);
  if (/\.ya?ml$/i.test(file)) {
    const { parse } = await import('yaml');
    return tableOf(parse(text, { maxAliasCount: 100 }), options);
  }
  const [headings, ...rows] = parseCsv(text);
  if (!headings) throw new Error('it is empty: its first line has the names of the columns');
  const names = headings.map((name) => name.trim());
  return rowsTable(
    rows.map((row) => names.map((name, index): [string, unknown] => [name, (row[index] ?? '').trim()])),
    options,
  );
}

function tableOf(value: unknown, options: TableOptions): Table {
  if (Array.isArray(value)) {
    return rowsTable(
      value.map((row: unknown, index) => {
        if (!isRecord(row)) throw new Error(`its item ${index + 1} is no object`);
        return Object.entries(row);
      }),
      options,
    );
  }
  if (!isRecord(value)) throw new Error('it is neither a list of objects nor an object of them');
  const table = new Map<string, Metadata>();
  // A plain value instead of an object is a column of its own.
  for (const [key, row] of Object.entries(value)) {
    table.set(key, pick(isRecord(row) ? Object.entries(row) : [['value', row]], undefined, options));
  }
  return checked(table, options);
}

function rowsTable(rows: readonly (readonly [string, unknown])[][], options: TableOptions): Table {
  const table = new Map<string, Metadata>();
  const keyColumn = options.keyColumn ?? rows[0]?.[0]?.[0];
  if (keyColumn !== undefined && rows[0] && !rows.some((row) => row.some(([name]) => name === keyColumn))) {
    throw new Error(`it has no column ${keyColumn}; it has ${rows[0].map(([name]) => name).join(', ')}`);
  }
  for (const row of rows) {
    const key = row.find(([name]) => name === keyColumn)?.[1];
    if (key !== undefined && key !== null && key !== '') table.set(String(key), pick(row, keyColumn, options));
  }
  return checked(table, options);
}

function pick(
  row: readonly (readonly [string, unknown])[],
  keyColumn: string | undefined,
  { columns }: TableOptions,
): Metadata {
  const picked = newMetadata();
  for (const [name, value] of row) {
    if (value === '' || value === null || name === '') continue;
    if (columns ? columns.includes(name) : name !== keyColumn) picked[name] = value;
  }
  return Object.freeze(picked);
}

/** A misspelt column would be missed by nobody until it is needed. */
function checked(table: Map<string, Metadata>, { columns = [] }: TableOptions): Table {
  if (table.size === 0) return table;
  const found = new Set<string>();
  for (const row of table.values()) for (const name of Object.keys(row)) found.add(name);
  const missing = columns.find((name) => !found.has(name));
  if (missing !== undefined)
    throw new Error(`it has no column ${missing}; it has ${[...found].slice(0, 20).join(', ')}`);
  return table;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
