/** Parsed keys that become fields of the event. */
import type { Event } from '../../component/event.ts';
import { fieldWriter, type FieldWriter } from '../../lib/field-write.ts';
import { titleOf } from '../../lib/title.ts';
import type { Parsed } from './parsed.ts';
import type { Options } from './options.ts';

type Field = keyof Options['promote'];

interface Promotion {
  readonly field: Field;
  readonly paths: readonly (readonly string[])[];
  readonly write: FieldWriter;
}

/** Moves parsed values to the event's fields; one that the field cannot be stays where it is. */
export class Promotions {
  readonly #promotions: readonly Promotion[];
  /** The keys that the last event's fields were taken from. */
  readonly taken: string[] = [];

  constructor(promote: Options['promote']) {
    // The message before the title, which would follow it otherwise.
    const fields: readonly Field[] = ['level', 'timestamp', 'source', 'event_type', 'message', 'title'];
    this.#promotions = fields.flatMap((field) => {
      const keys = promote[field];
      if (!keys) return [];
      return [{ field, paths: keys.map((key) => [key, ...key.split('.')]), write: fieldWriter(field) }];
    });
  }

  /** Writes what the format knows by itself, and over it what the options take from the parsed keys. */
  apply(event: Event, parsed: Parsed): void {
    this.taken.length = 0;
    if (parsed.level !== undefined) event.level = parsed.level;
    if (parsed.timestamp !== undefined) event.timestamp = parsed.timestamp;
    if (parsed.source !== undefined) event.source = parsed.source;
    if (parsed.eventType !== undefined) event.eventType = parsed.eventType;
    if (parsed.message !== undefined) event.message = parsed.message;
    if (parsed.title !== undefined) event.title = parsed.title;
    const promotions = this.#promotions;
    for (let index = 0; index < promotions.length; index += 1) this.#promote(event, parsed.fields, promotions[index]!);
  }

  #promote(event: Event, fields: Parsed['fields'], { field, paths, write }: Promotion): void {
    for (let index = 0; index < paths.length; index += 1) {
      const [whole, ...steps] = paths[index]!;
      const nested = !Object.hasOwn(fields, whole!);
      const value = nested ? below(fields, steps) : fields[whole!];
      if (value === undefined || value === '' || value === null) continue;
      const follows = field === 'message' && event.title === titleOf(event.message);
      if (!write(event, value)) continue;
      if (follows) event.title = titleOf(event.message);
      // What is inside of an object stays in it.
      if (!nested) this.taken.push(whole!);
      return;
    }
  }
}

function below(fields: unknown, steps: readonly string[]): unknown {
  if (steps.length < 2) return undefined;
  let value = fields;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
