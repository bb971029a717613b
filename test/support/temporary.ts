/** Places for files that go with the tests that need them. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

/** An empty directory that goes with the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lnmt-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** One that all tests of a file, or of a `describe`, share: there from their first hook on, and not at all where none of them runs. */
export function sharedDirectory(): string {
  const directory = join(tmpdir(), `lnmt-${randomUUID().slice(0, 8)}`);
  beforeAll(() => mkdirSync(directory));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
