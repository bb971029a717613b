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

/**
 * The same for processors, and says how many did not pass. An item on which `passes` throws leaves the batch by
 * way of `output`, and the others go on: each is asked once, so that what `passes` counts or edits stays true.
 */
export function retainSound<T>(
  batch: T[],
  passes: (item: T) => boolean,
  output: { failed(error: unknown, item: T): void },
): number {
  const { length } = batch;
  let kept = 0;
  let failed = 0;
  for (let index = 0; index < length; index += 1) {
    const item = batch[index]!;
    try {
      if (passes(item)) batch[kept++] = item;
    } catch (error) {
      failed += 1;
      output.failed(error, item);
    }
  }
  batch.length = kept;
  return length - kept - failed;
}
