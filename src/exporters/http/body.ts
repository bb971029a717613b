/** What the http exporter sends: events as JSON, as lines of JSON, or in the words of a template. */
import type { Encoded } from '../../component/component.ts';
import type { Event } from '../../component/event.ts';
import { ByteWriter } from '../../lib/byte-writer.ts';
import { insideJsonString, stringifyEvent } from '../../lib/event-json.ts';
import { lineOf } from '../../lib/layout.ts';
import { compileTemplate } from '../../lib/template.ts';
import { compileWriter, type TemplateWriter } from '../../lib/template-writer.ts';

export type Format = 'json' | 'ndjson' | 'text';

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  text: 'text/plain; charset=utf-8',
};

/** One event to a request, or where `batched` all in one: JSON as an array, the others as lines. */
export function bodies(
  format: Format,
  template: string | undefined,
  batched: boolean,
): (events: readonly Event[]) => Encoded<Buffer>[] {
  const write = writing(format, template);
  const body = new ByteWriter();
  if (!batched) {
    const end = Buffer.from(format === 'json' ? '' : '\n');
    return (events) => events.map((event) => ({ request: single(event, write, end, body), events: 1 }));
  }
  const around = format === 'json' ? ['[', ',', ']'] : ['', '\n', '\n'];
  const [open, separator, close] = around.map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
  return (events) => {
    if (events.length === 0) return [];
    body.reset();
    let before = open;
    for (const event of events) {
      body.raw(before);
      write(event, body);
      before = separator;
    }
    body.raw(close);
    return [{ request: body.take(), events: events.length }];
  };
}

function single(event: Event, write: TemplateWriter, end: Buffer, body: ByteWriter): Buffer {
  body.reset();
  write(event, body);
  body.raw(end);
  return body.take();
}

function writing(format: Format, template: string | undefined): TemplateWriter {
  if (template === undefined) {
    const print = format === 'text' ? lineOf : stringifyEvent;
    return (event, to) => to.text(print(event));
  }
  // A template has quotes of its own around the placeholder.
  const escape = format === 'text' ? undefined : insideJsonString;
  if (format !== 'ndjson' || !template.includes('\n')) return compileWriter(template, escape);
  // A template may be written over several lines; white space between JSON tokens means nothing.
  const render = compileTemplate(template, escape);
  return (event, to) => to.text(render(event).replaceAll(/\s*\n\s*/g, ' '));
}
