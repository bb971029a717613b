/** A report's message in its parts, so that a mail and a chat can lay out its lists as lists. */
import type { Event } from '../component/event.ts';

export interface ReportParts {
  /** What stands before the lists: the period, what was held back. */
  readonly intro: readonly string[];
  readonly lists: readonly ReportList[];
}

export interface ReportList {
  readonly heading: string;
  readonly rows: readonly (readonly [count: string, text: string])[];
}

/** A count, perhaps padded, and what was counted. */
const ROW = /^[\u2007 ]*([\d,]+) {2}(\S.*)$/;

/** Undefined for other events, and for a report whose message was edited to something else. */
export function reportParts({ eventType, message }: Event): ReportParts | undefined {
  if (eventType !== 'report') return undefined;
  const intro: string[] = [];
  const lists: ReportList[] = [];
  for (const part of message.split('\n\n')) {
    const [heading = '', ...lines] = part.split('\n');
    if (lines.length === 0) {
      if (lists.length > 0) return undefined;
      intro.push(heading);
      continue;
    }
    const rows: [string, string][] = [];
    for (const line of lines) {
      const found = ROW.exec(line);
      if (!found) return undefined;
      rows.push([found[1]!, found[2]!]);
    }
    lists.push({ heading, rows });
  }
  return { intro, lists };
}
