import { spawnSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepHeapClose, optimiseEarly, optimiseLate } from '../../src/cli/engine.ts';

vi.mock('node:v8', () => ({ setFlagsFromString: vi.fn() }));

const { execArgv } = process;

beforeEach(() => {
  vi.mocked(setFlagsFromString).mockClear();
  process.execArgv = [];
});

afterEach(() => {
  process.execArgv = execArgv;
});

const flagsSet = (): string[] => vi.mocked(setFlagsFromString).mock.calls.map(([flag]) => flag);

function allFlags(): string[] {
  optimiseLate();
  optimiseEarly();
  keepHeapClose();
  return flagsSet();
}

test('the engine optimises late while it starts, and early once it runs', () => {
  optimiseLate();
  optimiseEarly();
  const [late, early] = flagsSet().map((flag) => flag.split('='));
  expect(late?.[0]).toBe(early?.[0]);
  if (late) expect(Number(late[1])).toBeGreaterThan(Number(early![1]));
});

test('the heap is kept close', () => {
  keepHeapClose();
  expect(flagsSet()).toEqual(['--heap-growing-percent=50']);
});

test('this Node knows every flag', () => {
  for (const flag of allFlags()) {
    const { status, stderr } = spawnSync(process.execPath, [flag, '-e', '0'], { encoding: 'utf8' });
    expect([flag, status, stderr]).toEqual([flag, 0, '']);
  }
});

test('what is on the command line stays', () => {
  const flags = allFlags();
  vi.mocked(setFlagsFromString).mockClear();
  process.execArgv = flags.map((flag, index) => (index % 2 === 0 ? flag : `--${flag.slice(2).replaceAll('-', '_')}`));
  expect(allFlags()).toEqual([]);
});

test.runIf(process.versions.v8.startsWith('11.'))('Node 20 has them', () => {
  expect(allFlags()).toHaveLength(3);
});
