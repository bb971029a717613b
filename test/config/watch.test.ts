import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  appendFileSync,
  closeSync,
  openSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { watchFiles } from '../../src/config/watch.ts';
import { eventually } from '../support/eventually.ts';

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'lnmt-watch-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function watching(files: string[], pollMs = 60_000) {
  const changes: (readonly string[])[] = [];
  const watch = watchFiles({ files, onChange: (changed) => changes.push(changed), pollMs });
  onTestFinished(() => watch.close());
  await watch.ready;
  return { changes, watch };
}

/** Long enough for what would be noticed to have been: an edit of `marker`, made after it. */
async function noticed(changes: (readonly string[])[], marker: string): Promise<void> {
  writeFileSync(marker, String(Math.random()));
  await eventually(() => changes.some((changed) => changed.includes(marker)), 'the marker is noticed');
}

test('notices a file that is written in place', async () => {
  const file = join(directory(), 'collector.yaml');
  writeFileSync(file, 'a');
  const { changes } = await watching([file]);
  writeFileSync(file, 'b');
  await eventually(() => changes.length > 0, 'the edit is noticed');
  expect(changes).toEqual([[file]]);
});

test('notices a file that another is renamed over, again and again', async () => {
  const root = directory();
  const file = join(root, 'collector.yaml');
  writeFileSync(file, '0');
  const { changes } = await watching([file]);
  for (let edit = 1; edit <= 3; edit += 1) {
    writeFileSync(`${file}.tmp`, String(edit));
    renameSync(`${file}.tmp`, file);
    await eventually(() => changes.length === edit, `edit ${edit} is noticed`);
  }
});

test('notices a Kubernetes volume that swaps its ..data link, the old directory staying', async () => {
  const root = directory();
  mkdirSync(join(root, '..v1'));
  mkdirSync(join(root, '..v2'));
  writeFileSync(join(root, '..v1', 'collector.yaml'), 'one');
  writeFileSync(join(root, '..v2', 'collector.yaml'), 'two');
  symlinkSync('..v1', join(root, '..data'));
  const file = join(root, 'collector.yaml');
  symlinkSync('..data/collector.yaml', file);
  const { changes } = await watching([file]);
  for (const version of ['..v2', '..v1', '..v2']) {
    const before = changes.length;
    symlinkSync(version, join(root, '..data_tmp'));
    renameSync(join(root, '..data_tmp'), join(root, '..data'));
    await eventually(() => changes.length > before, `the swap to ${version} is noticed`);
  }
  expect(changes).toEqual([[file], [file], [file]]);
  writeFileSync(join(root, '..v2', 'collector.yaml'), 'three');
  await eventually(() => changes.length === 4, 'an edit behind the new link is noticed');
});

test('notices a link that is swapped two levels up', async () => {
  const root = directory();
  for (const version of ['v1', 'v2']) {
    mkdirSync(join(root, version, 'etc', 'conf'), { recursive: true });
    writeFileSync(join(root, version, 'etc', 'conf', 'collector.yaml'), version);
  }
  symlinkSync('v1', join(root, 'current'));
  const file = join(root, 'current', 'etc', 'conf', 'collector.yaml');
  const { changes } = await watching([file]);
  symlinkSync('v2', join(root, 'next'));
  renameSync(join(root, 'next'), join(root, 'current'));
  await eventually(() => changes.length > 0, 'the swap is noticed');
  expect(changes).toEqual([[file]]);
});

test('notices a file that is removed, and one that comes back', async () => {
  const file = join(directory(), 'collector.yaml');
  writeFileSync(file, 'a');
  const { changes } = await watching([file]);
  unlinkSync(file);
  await eventually(() => changes.length === 1, 'the removal is noticed');
  writeFileSync(file, 'b');
  await eventually(() => changes.length === 2, 'the new file is noticed');
});

test('notices every edit after a file was gone for a while, and after a link became a file', async () => {
  const root = directory();
  const file = join(root, 'collector.yaml');
  const link = join(root, 'linked.yaml');
  writeFileSync(file, '0');
  symlinkSync('collector.yaml', link);
  const { changes } = await watching([file, link]);
  const noticedOf = (path: string): number => changes.filter((changed) => changed.includes(path)).length;
  unlinkSync(link);
  writeFileSync(link, 'no link');
  await eventually(() => noticedOf(link) === 1, 'the link that became a file is noticed');
  unlinkSync(file);
  await eventually(() => noticedOf(file) === 1, 'the removal is noticed');
  writeFileSync(file, 'again');
  await eventually(() => noticedOf(file) === 2, 'the new file is noticed');
  for (let edit = 1; edit <= 3; edit += 1) {
    writeFileSync(file, `edit ${edit}`);
    await eventually(() => noticedOf(file) === 2 + edit, `edit ${edit} is noticed`);
    writeFileSync(link, `edit ${edit}`);
    await eventually(() => noticedOf(link) === 1 + edit, `edit ${edit} of what was a link is noticed`);
  }
});

test('is ready, and can be closed, where there is nothing to watch', async () => {
  const { watch, changes } = await watching([join(directory(), 'no', 'such', 'collector.yaml')]);
  await watch.update([]);
  expect(changes).toEqual([]);
});

test('a file that is removed and written at once is one change', async () => {
  const file = join(directory(), 'collector.yaml');
  writeFileSync(file, 'a');
  const { changes } = await watching([file]);
  unlinkSync(file);
  writeFileSync(file, 'b');
  await eventually(() => changes.length > 0, 'the edit is noticed');
  expect(changes).toEqual([[file]]);
});

test('a file written in bursts is one change, once it is whole', async () => {
  const root = directory();
  const file = join(root, 'collector.yaml');
  const marker = join(root, 'marker');
  writeFileSync(file, 'old');
  const { changes } = await watching([file, marker]);
  const descriptor = openSync(file, 'w');
  for (let part = 0; part < 5; part += 1) {
    writeSync(descriptor, `part ${part}\n`);
    await new Promise((done) => setTimeout(done, 15));
  }
  closeSync(descriptor);
  await eventually(() => changes.length > 0, 'the edit is noticed');
  await noticed(changes, marker);
  expect(changes.filter((changed) => changed.includes(file))).toHaveLength(1);
});

test('a file rewritten with what it had is no change', async () => {
  const root = directory();
  const file = join(root, 'collector.yaml');
  const marker = join(root, 'marker');
  writeFileSync(file, 'same');
  const { changes } = await watching([file, marker]);
  writeFileSync(file, 'same');
  await noticed(changes, marker);
  expect(changes.flat()).not.toContain(file);
});

test('a busy neighbour is no event', async () => {
  const root = directory();
  const file = join(root, 'collector.yaml');
  writeFileSync(file, 'a');
  const { changes } = await watching([file]);
  const busy = setInterval(() => appendFileSync(join(root, 'busy.log'), 'x'), 5);
  onTestFinished(() => clearInterval(busy));
  writeFileSync(file, 'b');
  await eventually(() => changes.length > 0, 'the edit is noticed beside it');
});

test('notices files that come and go in a directory', async () => {
  const root = directory();
  const { changes } = await watching([root]);
  writeFileSync(join(root, 'fragment.yaml'), 'a');
  await eventually(() => changes.length === 1, 'the new file is noticed');
  expect(changes[0]).toEqual([root]);
});

test('notices a secret that is named later', async () => {
  const root = directory();
  const file = join(root, 'collector.yaml');
  const secret = join(root, 'token');
  writeFileSync(file, 'a');
  const { changes, watch } = await watching([file]);
  await watch.update([file, secret]);
  writeFileSync(secret, 'hunter2');
  await eventually(() => changes.flat().includes(secret), 'the secret is noticed');
});

test('the poll finds a directory that is made anew, and events come from it again', async () => {
  const root = directory();
  const folder = join(root, 'conf');
  const file = join(folder, 'collector.yaml');
  mkdirSync(folder);
  writeFileSync(file, 'a');
  const { changes } = await watching([file], 100);
  rmSync(folder, { recursive: true });
  await eventually(() => changes.length === 1, 'the removal is noticed');
  mkdirSync(folder);
  writeFileSync(file, 'b');
  await eventually(() => changes.length === 2, 'the new directory is noticed');
  writeFileSync(file, 'c');
  await eventually(() => changes.length === 3, 'an edit in it is noticed');
});
