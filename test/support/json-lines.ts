import { readFileSync } from 'node:fs';

/** An event as it stands in a file or a request. */
export interface WrittenEvent {
  readonly event_id: string;
  readonly timestamp: string;
  readonly event_type: string;
  readonly level: string;
  readonly source: string;
  readonly title: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tags: readonly string[];
}

/** The events of a file that the file exporter writes, as far as it got; none if there is no file yet. */
export function eventsIn(file: string): WrittenEvent[] {
  return linesIn(file).map((line) => JSON.parse(line) as WrittenEvent);
}

/** Whole lines only. */
export function linesIn(file: string): string[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
}
