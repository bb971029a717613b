import { rfc3339 } from './event-json.ts';

/** `From 12:00:05 to 12:04:10 UTC`, of Unix milliseconds; with the dates where they differ. */
export function spanText(first: number, last: number): string {
  const [from, to] = [rfc3339(first), rfc3339(last)].map((time) => [time.slice(0, 10), time.slice(11, 19)] as const);
  if (from![0] !== to![0]) return `From ${from!.join(' ')} to ${to!.join(' ')} UTC`;
  return from![1] === to![1] ? `At ${from![1]} UTC` : `From ${from![1]} to ${to![1]} UTC`;
}
