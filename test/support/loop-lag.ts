import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Watches how late the event loop is; the returned function ends it and says what it saw, on standard error. */
export function watchLag(what: string): () => void {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  return () => {
    histogram.disable();
    const [median, late, worst] = [histogram.percentile(50), histogram.percentile(99), histogram.max].map((ns) =>
      (ns / 1e6).toFixed(1),
    );
    process.stderr.write(`${what}: event loop late by ${median} ms (median), ${late} ms (p99), ${worst} ms (worst)\n`);
  };
}
