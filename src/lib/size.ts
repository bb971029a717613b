/**
 * Sizes as people write them: bytes, `64KiB` (1024), `10MB` (1000).
 */
const BYTES_OF: Readonly<Record<string, number>> = {
  b: 1,
  kib: 1_024,
  mib: 1_024 ** 2,
  gib: 1_024 ** 3,
  tib: 1_024 ** 4,
  kb: 1_000,
  mb: 1_000 ** 2,
  gb: 1_000 ** 3,
  tb: 1_000 ** 4,
};

const SIZE = /^(\d+(?:\.\d+)?)\s?([a-z]+)?$/i;

/** Whole bytes; undefined where `text` is no size. A unit needs its B: `10M` could mean either. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit = 'b'] = SIZE.exec(text.trim()) ?? [];
  const factor = BYTES_OF[unit.toLowerCase()];
  if (amount === undefined || factor === undefined) return undefined;
  const bytes = Math.round(Number(amount) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The shortest exact way to write it: `64KiB`, `10MB`, `480B`. */
export function formatSize(bytes: number): string {
  if (bytes === 0) return '0B';
  for (const unit of ['GiB', 'GB', 'MiB', 'MB', 'KiB', 'KB']) {
    const factor = BYTES_OF[unit.toLowerCase()]!;
    if (bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${bytes}B`;
}
