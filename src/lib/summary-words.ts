/** Words of events that stand for many: what `ratelimit` held back, what waited for a chat room that had no time. */
import { newMetadata } from '../component/event.ts';
import type { Counts } from './counts.ts';

/** The one source of all, if there is only one and it has a name. */
export function onlySource(sources: Counts): string | undefined {
  const [top] = sources.top(1);
  return sources.size === 1 && sources.others === 0 && top && top[0] !== '' ? top[0] : undefined;
}

/** Names and how often each came, for metadata. */
export function counted(counts: readonly (readonly [string, number])[], others = 0): Record<string, unknown> {
  const record = newMetadata();
  for (const [name, count] of counts) record[name] = count;
  if (others > 0) record['others'] = others;
  return record;
}

/** `12 nginx, 3 sshd, and others`. */
export function listOf(counts: Counts, most: number): string {
  const shown = counts.top(most);
  const left = counts.size - shown.length;
  const more = left > 0 || counts.others > 0 ? ', and others' : '';
  return shown.map(([name, count]) => `${count} ${name === '' ? '(empty)' : name}`).join(', ') + more;
}

/** A line for each of the commonest titles. */
export function titleLines(titles: Counts, most: number): string[] {
  return titles.top(most).map(([title, count]) => `  ${count} × ${title === '' ? '(no title)' : title}`);
}
