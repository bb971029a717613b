import { setFlagsFromString } from 'node:v8';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepHeapClose, optimiseEarly, optimiseLate } from '../../src/cli/engine.ts';

vi.mock('node:v8', () => ({ setFlagsFromString: vi.fn() }));

const { execArgv } = process;

beforeEach(() => void vi.mocked(setFlagsFromString).mockClear());

afterEach(() => {
  process.execArgv = execArgv;
});

test('the engine optimises late while it starts, and early once it runs', () => {
  process.execArgv = [];
  optimiseLate();
  optimiseEarly();
  const [late, early] = vi.mocked(setFlagsFromString).mock.calls.map(([flag]) => Number(flag.split('=')[1]));
  expect(late).toBeGreaterThan(66 * 1_024);
  expect(early).toBeLessThan(66 * 1_024);
});

test('the heap is kept close', () => {
  process.execArgv = [];
  keepHeapClose();
  expect(setFlagsFromString).toHaveBeenCalledWith('--heap-growing-percent=50');
});

test.for(['--interrupt-budget=1000', '--interrupt_budget=1000'])('%s on the command line stays', (argument) => {
  process.execArgv = [argument, '--heap-growing-percent=100'];
  optimiseLate();
  optimiseEarly();
  keepHeapClose();
  expect(setFlagsFromString).not.toHaveBeenCalled();
});
