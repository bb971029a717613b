/** Keeps the items that pass, in place and in order. Allocates nothing. */
export function retain<T>(batch: T[], passes: (item: T) => boolean): void {
  const { length } = batch;
  let kept = 0;
  for (let index = 0; index < length; index += 1) {
    const item = batch[index]!;
    if (passes(item)) batch[kept++] = item;
  }
  batch.length = kept;
}
