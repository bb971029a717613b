/**
 * `components`: which types of receivers, processors and exporters there are, and with a type, every
 * option that it has. An operator asks: what is this option called, what may I write, what if I do not?
 */
import { stringify } from 'yaml';
import type { Catalog, ComponentKind, Described } from '../component/catalog.ts';
import { optionRows, type OptionRow } from '../lib/option-rows.ts';
import { painter, table, wrap, type Paint } from './table.ts';

interface Look {
  readonly colour: boolean;
  /** Columns of the terminal. */
  readonly width?: number;
}

const WIDTH = 100;
const INDENT = '      ';

/** Every type with its sentence, by kind. */
export function componentsText(catalog: Catalog, { colour }: Look): string {
  const paint = painter(colour);
  const blocks = kindsOf(catalog).map(([kind, described]) => {
    const rows = described.map(({ type, stability, summary }) => [
      paint('cyan', type),
      stability === 'stable' ? '' : paint('dim', stability),
      summary,
    ]);
    return [paint('bold', `${kind}s`), ...table(withoutEmptyColumns(rows))].join('\n');
  });
  return [...blocks, 'The options of one: lnmt-collector components TYPE'].join('\n\n');
}

/** The options of every component of that type (a receiver and an exporter may share one); undefined if there is none. */
export function componentText(catalog: Catalog, type: string, look: Look): string | undefined {
  const found = componentsOf(catalog).filter((described) => described.type === type);
  return found.length === 0 ? undefined : found.map((described) => describe(described, look)).join('\n\n');
}

/** The same for programs: all types, or those called `type`. */
export function componentsJson(catalog: Catalog, type?: string): readonly object[] {
  return componentsOf(catalog)
    .filter((described) => type === undefined || described.type === type)
    .map(({ kind, type: name, stability, summary, schema, example }) => {
      return { kind, type: name, stability, summary, options: optionRows(schema), example, schema };
    });
}

/** All components: receivers, processors, exporters, each by name. */
export function componentsOf(catalog: Catalog): Described[] {
  return kindsOf(catalog).flatMap(([, described]) => described);
}

function kindsOf(catalog: Catalog): [ComponentKind, Described[]][] {
  return [
    ['receiver', describedOf('receiver', catalog.receivers)],
    ['processor', describedOf('processor', catalog.processors)],
    ['exporter', describedOf('exporter', catalog.exporters)],
  ];
}

function describedOf(kind: ComponentKind, definitions: ReadonlyMap<string, Omit<Described, 'kind'>>): Described[] {
  return [...definitions.values()]
    .map(({ type, stability, summary, schema, example }) => ({ kind, type, stability, summary, schema, example }))
    .sort((one, other) => (one.type < other.type ? -1 : 1));
}

function describe(
  { kind, type, stability, summary, schema, example }: Described,
  { colour, width = WIDTH }: Look,
): string {
  const paint = painter(colour);
  const options = optionRows(schema).flatMap((row) => optionLines(row, paint, width));
  const yaml = stringify({ [`${kind}s`]: { [type]: example } }).trimEnd();
  return [
    `${paint('bold', type)}  ${paint('dim', `${kind}, ${stability}`)}`,
    ...wrap(summary, width),
    '',
    paint('bold', 'options'),
    ...(options.length === 0 ? ['  none'] : options),
    '',
    paint('bold', 'example'),
    yaml.replace(/^/gm, '  '),
  ].join('\n');
}

function optionLines(
  { path, type, required, secret, default: standard, description }: OptionRow,
  paint: Paint,
  width: number,
): string[] {
  const facts = [
    type,
    ...(required ? [paint('yellow', 'required')] : []),
    ...(secret ? ['secret'] : []),
    ...(standard === undefined ? [] : [`default ${standard}`]),
  ];
  return [
    `  ${paint('cyan', path)}  ${paint('dim', facts[0]!)}${facts
      .slice(1)
      .map((fact) => `, ${fact}`)
      .join('')}`,
    ...wrap(description, width - INDENT.length).map((line) => INDENT + line),
  ];
}

function withoutEmptyColumns(rows: string[][]): string[][] {
  return rows.map((row) => row.filter((_, column) => rows.some((other) => other[column] !== '')));
}
