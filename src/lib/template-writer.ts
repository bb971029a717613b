/** Templates that write bytes: a value that lies in the received bytes as it is to be written is copied, not decoded. */
import type { Event } from '../component/event.ts';
import type { ByteWriter } from './byte-writer.ts';
import { metadataKeys, OWN_FIELDS } from './field-path.ts';
import type { Escape } from './template-liquid.ts';
import { textOf } from './template-text.ts';
import { compileTemplate, templateParts, type Part } from './template.ts';

export type TemplateWriter = (event: Event, to: ByteWriter) => void;

/**
 * Writes what `compileTemplate` renders, as UTF-8. `escape` must leave printable ASCII without quotes and
 * backslashes as it is.
 */
export function compileWriter(text: string, escape?: Escape): TemplateWriter {
  const parts = templateParts(text);
  if (!parts) {
    const render = compileTemplate(text, escape);
    return (event, to) => to.text(render(event));
  }
  const print = escape ? (value: unknown) => escape(textOf(value)) : textOf;
  const writers = parts.map((part) => writer(part, print));
  return (event, to) => {
    for (let index = 0; index < writers.length; index += 1) writers[index]!(event, to);
  };
}

function writer(part: Part, print: (value: unknown) => string): TemplateWriter {
  if (typeof part === 'string') return constant(part);
  const { name, read, written } = part;
  if (!read) return constant(written);
  const field = receivedField(name);
  if (field === undefined) return (event, to) => to.text(print(read(event)));
  return (event, to) => {
    const span = event.spanOf?.(field);
    if (!span || !to.plain(span.bytes, span.start, span.end)) to.text(print(read(event)));
  };
}

function constant(text: string): TemplateWriter {
  const bytes = Buffer.from(text);
  return (_event, to) => to.raw(bytes);
}

/** What `spanOf` of an event calls the field, where it may have it. */
function receivedField(name: string): string | undefined {
  if (OWN_FIELDS.has(name)) return name === 'message' || name === 'source' ? name : undefined;
  const keys = metadataKeys(name)!;
  return keys.length === 1 && name !== 'metadata' ? `metadata.${keys[0]}` : undefined;
}
