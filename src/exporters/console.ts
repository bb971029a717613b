/**
 * console: prints each event, for people who try things out and for containers whose log is stdout.
 *
 * In colour on a terminal (never with NO_COLOR set, always with FORCE_COLOR). Nothing in an event
 * reaches the terminal as a control: escapes are shown.
 */
import type { Writable } from 'node:stream';
import { defineExporter, type Exporter, type Verdict } from '../component/component.ts';
import { codeOf } from '../component/errors.ts';
import type { Event } from '../component/event.ts';
import { stringifyEvent } from '../lib/event-json.ts';
import { lineOf } from '../lib/layout.ts';
import { visibleJson } from '../lib/visible.ts';
import { coloured, plain, pretty } from './console/pretty.ts';
import { StreamWriter } from './console/stream-writer.ts';

export default defineExporter({
  type: 'console',
  stability: 'stable',
  summary: 'Prints events on the terminal, readable and in colour.',
  local: 'terminal',
  audience: 'store',
  take: 1_024,
  example: { format: 'pretty' },
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      format: {
        type: 'string',
        enum: ['pretty', 'text', 'json'],
        default: 'pretty',
        description:
          'pretty: for people, over several lines where needed. text: one readable line. json: the documented event, one a line.',
      },
      stream: { type: 'string', enum: ['stdout', 'stderr'], default: 'stdout', description: 'Where to print.' },
    },
  },
  create: ({ format, stream }, context): Exporter<string> => consoleExporter(format, process[stream], context),
});

/** The exporter on any stream. */
export function consoleExporter(
  format: 'pretty' | 'text' | 'json',
  stream: Writable & { readonly isTTY?: boolean },
  { log }: { readonly log: { warn(message: string): void } },
): Exporter<string> {
  const writer = new StreamWriter(stream);
  const one = formatter(format, stream.isTTY === true);
  let saidGone = false;
  return {
    encode: (events) => (events.length === 0 ? [] : [{ request: joined(events, one), events: events.length }]),
    async send(text, signal): Promise<Verdict> {
      signal.throwIfAborted();
      try {
        await writer.write(text, signal);
        return { kind: 'sent' };
      } catch (error) {
        signal.throwIfAborted();
        const reason = `nobody reads what is printed (${codeOf(error)})`;
        if (!saidGone) log.warn(`${reason}: events wait until the queue is full`);
        saidGone = true;
        return { kind: 'later', reason };
      }
    },
    stop: async () => writer.stop(),
  };
}

function formatter(format: 'pretty' | 'text' | 'json', isTerminal: boolean): (event: Event) => string {
  if (format === 'json') return (event) => `${visibleJson(stringifyEvent(event))}\n`;
  if (format === 'text') return (event) => `${lineOf(event)}\n`;
  const { NO_COLOR: no = '', FORCE_COLOR: force = '' } = process.env;
  const paint = no === '' && (isTerminal || (force !== '' && force !== '0')) ? coloured : plain;
  return (event) => pretty(event, paint);
}

function joined(events: readonly Event[], one: (event: Event) => string): string {
  let text = '';
  for (let index = 0; index < events.length; index += 1) text += one(events[index]!);
  return text;
}
