/**
 * Durations as people write them: `250ms`, `30s`, `1.5h`, `1h30m`; a bare number is seconds.
 */
const MS_OF: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
const BARE = /^\d+(?:\.\d+)?$/;

/** Milliseconds, rounded to whole ones; undefined where `text` is no duration. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (BARE.test(trimmed)) return secondsToMs(Number(trimmed));
  if (!WHOLE.test(trimmed)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of trimmed.matchAll(PART)) ms += Number(amount) * MS_OF[unit!]!;
  return Number.isSafeInteger(Math.round(ms)) ? Math.round(ms) : undefined;
}

/** Milliseconds of a number as it stands in the YAML; undefined for what is no length of time. */
export function secondsToMs(seconds: number): number | undefined {
  const ms = Math.round(seconds * 1_000);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** The shortest exact way to write it: `90s`, `5m`, `1d`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms % MS_OF[unit]! === 0) return `${ms / MS_OF[unit]!}${unit}`;
  }
  return `${ms}ms`;
}
