export function median(values) {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  // Of an even number the lower one: no run is made up.
  return sorted[(sorted.length - 1) >> 1];
}

/** Three figures are more than a shared machine can promise. */
export function rounded(value) {
  if (value === undefined) return '–';
  if (value >= 1_000_000) return `${(value / 1_000_000).toPrecision(3)} M`;
  if (value >= 10_000) return `${Math.round(value / 1_000)} k`;
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
