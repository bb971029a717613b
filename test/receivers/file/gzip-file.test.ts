import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { GzipFile } from '../../../src/receivers/file/gzip-file.ts';

const TEXT = Buffer.from(Array.from({ length: 100_000 }, (_, index) => `line ${index}\n`).join(''));

async function gzipFile(bytes: Buffer): Promise<{ file: GzipFile; troubles: unknown[] }> {
  const folder = await fs.mkdtemp(path.join(tmpdir(), 'gzip-'));
  const target = path.join(folder, 'a.gz');
  await fs.writeFile(target, bytes);
  const troubles: unknown[] = [];
  const file = new GzipFile(await fs.open(target, 'r'), (error) => troubles.push(error));
  onTestFinished(async () => {
    await file.close();
    await fs.rm(folder, { recursive: true });
  });
  return { file, troubles };
}

async function read(file: GzipFile, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

test('a compressed file is read forwards, back and past its end', async () => {
  const { file, troubles } = await gzipFile(gzipSync(TEXT));
  for (const position of [0, 500_000, 100, TEXT.length - 10, TEXT.length, TEXT.length + 5_000, 0])
    expect(await read(file, position, 1_000)).toEqual(TEXT.subarray(position, position + 1_000));
  expect(troubles).toEqual([]);
});

test('a compressed file that was read to its end can still be asked for its size', async () => {
  const { file } = await gzipFile(gzipSync(TEXT));
  expect(await read(file, 0, TEXT.length + 1)).toHaveLength(TEXT.length);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await file.stat()).isFile()).toBe(true);
});

test('a compressed file that ends in the middle is read as far as it goes, and said', async () => {
  const whole = gzipSync(TEXT);
  const { file, troubles } = await gzipFile(whole.subarray(0, whole.length >> 1));
  const got = await read(file, 0, TEXT.length);
  expect(got.length).toBeGreaterThan(0);
  expect(got).toEqual(TEXT.subarray(0, got.length));
  expect(troubles).toMatchObject([{ code: 'Z_BUF_ERROR' }]);
});
