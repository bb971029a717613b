import { defineConfig } from 'vitest/config';

/** Long runs, by `npm run soak`. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    globalSetup: 'test/support/temporary-root.ts',
    testTimeout: 1_800_000,
    hookTimeout: 60_000,
    pool: 'threads',
    maxWorkers: 1,
  },
});
