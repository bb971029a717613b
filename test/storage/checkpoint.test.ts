import fs, { readdirSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Checkpoints } from '../../src/storage/checkpoint.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('what is noted after a note that failed while a checkpoint was written is read', async () => {
  const directory = await temporaryDirectory();
  const checkpoints = new Checkpoints(directory);
  const { acknowledged } = await checkpoints.restore();
  const writing = checkpoints.write(acknowledged, 60);
  const write = vi.spyOn(fs, 'writeSync').mockImplementationOnce((journal) => {
    writeFileSync(journal, 'torn');
    return 4;
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    write.mockRestore();
    syncBuiltinESMExports();
  });
  checkpoints.note([[0, 1]]);
  await writing;
  checkpoints.note([[1, 2]]);
  checkpoints.close();
  const { acknowledged: restored } = await new Checkpoints(directory).restore();
  expect([restored.has(0), restored.has(1)]).toEqual([false, true]);
});

test('on a full disk acknowledgements begin no file each, and are noted again from the next checkpoint on', async () => {
  const directory = await temporaryDirectory();
  const checkpoints = new Checkpoints(directory);
  const { acknowledged } = await checkpoints.restore();
  const note = (from: number, to: number) => {
    for (let n = from; n < to; n += 1) checkpoints.note(acknowledged.add(n, n + 1));
  };
  const restored = async () => (await new Checkpoints(directory).restore()).acknowledged.floor;
  note(0, 5);
  // Files can be made, and hold nothing.
  const write = vi.spyOn(fs, 'writeSync').mockImplementation(() => {
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    write.mockRestore();
    syncBuiltinESMExports();
  });
  note(5, 50);
  expect(write).toHaveBeenCalledOnce();
  expect(readdirSync(directory)).toHaveLength(1);
  expect(await restored()).toBe(5);
  write.mockRestore();
  syncBuiltinESMExports();
  note(50, 55);
  expect(await restored()).toBe(5);
  await checkpoints.write(acknowledged, 60);
  expect(await restored()).toBe(55);
  note(55, 60);
  expect(await restored()).toBe(60);
  checkpoints.close();
});
