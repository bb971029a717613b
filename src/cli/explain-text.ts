/** An explanation for people: what was read, each verdict with its line of the file, and what would be sent. */
import { relative } from 'node:path';
import type { Position } from '../component/configuration.ts';
import type { WireEvent } from '../lib/event-json.ts';
import type { ExplainedRequest, Reading, Stop } from '../simulation/explain.ts';
import { requestText } from '../simulation/request-text.ts';
import type { Step } from '../simulation/trace.ts';
import { table, wrap, type Paint } from './table.ts';

export interface Looks {
  readonly paint: Paint;
  readonly width: number;
  /** Secrets of the file masked. */
  readonly mask: (text: string) => string;
}

export function readingText(reading: Reading, looks: Looks): string {
  const { paint, mask } = looks;
  const { receiver, position, format, refused, events, stops, requests } = reading;
  const where = paint('dim', placeText(position));
  if (refused !== undefined)
    return mask(`${paint('bold', receiver)} ${paint('red', 'refuses it')}: ${refused}  ${where}`);
  const head = `${paint('bold', receiver)} reads it as ${format}  ${where}`;
  const several = events.length > 1;
  const blocks = [
    [head, ...events.flatMap((event) => [...(several ? [''] : []), ...eventLines(event, looks)])],
    ...stops.map((stop) => stopLines(stop, several, requests, looks)),
  ];
  if (events.length > 0 && stops.length === 0)
    blocks.push([paint('yellow', `No pipeline has ${receiver} among its receivers: it goes nowhere.`)]);
  return mask(blocks.map((lines) => lines.join('\n')).join('\n\n'));
}

function eventLines(event: WireEvent, { width }: Looks): string[] {
  const { metadata, message, title, tags } = event;
  const rows: [string, string][] = [
    ['level', event.level],
    ['event_type', event.event_type],
    ['source', event.source],
    ['timestamp', event.timestamp],
    ['title', title],
    ...(message === title ? [] : [['message', message] as [string, string]]),
    ...Object.entries(metadata).map(([key, value]): [string, string] => [
      `metadata.${key}`,
      typeof value === 'string' ? value : (JSON.stringify(value) ?? ''),
    ]),
    ...(tags.length > 0 ? [['tags', tags.join(', ')] as [string, string]] : []),
  ];
  return table(rows.map(([name, value]) => [name, cut(value.replaceAll('\n', '⏎'), Math.max(40, width - 26))]));
}

function stopLines(
  { kind, id, position, steps }: Stop,
  several: boolean,
  requests: readonly ExplainedRequest[],
  looks: Looks,
): string[] {
  const { paint } = looks;
  const head = `${paint('bold', `${kind} ${id}`)}  ${paint('dim', placeText(position))}`;
  const rows = steps.flatMap((step) => stepRows(step, several, looks));
  const lines = [head, ...table(rows)];
  if (kind === 'pipeline') {
    if (rows.length === 0) lines.push(`  ${paint('dim', 'no processors: everything goes on')}`);
    return lines;
  }
  return [
    ...lines,
    ...requests.filter(({ exporter }) => exporter === id).flatMap((request) => requestLines(request, looks)),
  ];
}

function stepRows(step: Step, several: boolean, { paint, width }: Looks): string[][] {
  const whose = several && 'event' in step ? [paint('dim', cut(step.event.title, 24))] : [];
  switch (step.kind) {
    case 'passed': {
      const edits = step.changes.map((change) => cut(change, width - 40));
      return [
        [
          `${paint('green', '✓')} ${step.processor}`,
          ...whose,
          edits.length === 0 ? 'passes' : edits.join('; '),
          paint('dim', placeText(step.position)),
        ],
      ];
    }
    case 'dropped': {
      const how = { filtered: 'dropped', suppressed: 'held back', failed: 'failed' }[step.drop?.how ?? 'filtered'];
      const why = `${how}${step.drop?.reason === undefined ? '' : `: ${step.drop.reason}`}`;
      return [
        [
          `${paint('red', '✗')} ${step.processor}`,
          ...whose,
          paint('red', cut(why, width)),
          paint('dim', placeText(step.position)),
        ],
      ];
    }
    case 'generated':
      return [
        [
          `${paint('cyan', '+')} ${step.processor}`,
          ...whose,
          `says: ${step.event.title}`,
          paint('dim', placeText(step.position)),
        ],
      ];
    case 'unwanted':
      return [[`${paint('red', '✗')} should_send`, ...whose, paint('red', 'the connector does not want it')]];
    case 'refused':
      return [[`${paint('red', '✗')} encode`, ...whose, paint('red', step.reason ?? '')]];
    default:
      return [];
  }
}

function requestLines({ bytes, events, limits, request }: ExplainedRequest, { paint, width }: Looks): string[] {
  const over = limits.filter(({ used, most }) => used > most);
  const checked = limits.map(
    ({ what, used, most }) => `${used.toLocaleString('en')} of ${most.toLocaleString('en')} ${what}`,
  );
  const said =
    over.length > 0
      ? paint('red', `over the limit: ${over.map(({ what }) => what).join(', ')}`)
      : paint('dim', `within the limits: ${checked.join(', ')}`);
  return [
    `  ${paint('cyan', '→')} would send ${bytes.toLocaleString('en')} bytes${events > 1 ? ` with ${events} events` : ''}:`,
    ...requestText(request, { pretty: true })
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}`),
    ...(limits.length === 0 ? [] : wrap(said, Math.max(40, width - 4)).map((line) => `    ${line}`)),
  ];
}

/** `collector.yaml:23:9`, as a terminal makes it a link. */
export function placeText({ file, line, column }: Position): string {
  const near = relative(process.cwd(), file);
  return `${near === '' || near.startsWith('..') ? file : near}:${line}:${column}`;
}

function cut(text: string, most: number): string {
  const room = Math.max(20, most);
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}
