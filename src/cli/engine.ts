/**
 * How V8 is to work for this program, since by itself it is set up for programs that use up what they make at
 * once, and that do one thing a great many times. What was asked for on the command line stays as asked.
 */
import { setFlagsFromString } from 'node:v8';

/**
 * Bytes of bytecode that a function runs through between two looks at whether to optimise it: late, early. By itself
 * V8 takes 66 KiB. That is V8 11 (Node 20); later ones have another compiler in between, count calls, and gained nothing.
 */
const LATE = 1_056_000;
const EARLY = 8_000;
const COUNTS_BYTES = process.versions.v8.startsWith('11.');

/**
 * How far the heap may grow between two collections of all of it: by half of what is alive, from the next
 * collection on. By itself up to four times as much, and queues keep events just long enough to grow old: this
 * keeps a flood within its queue's limit and 70 MB less, and costs about 3 % of the rate of POSTs in batches (Node 20).
 */
export function keepHeapClose(): void {
  set('--heap-growing-percent', 50);
}

/**
 * What is run for a moment, as a command is, or the start, has hardly begun to gain by optimised code when it is
 * over, and compiling it takes a core from what it is for: a check of 200 components takes half as long.
 */
export function optimiseLate(): void {
  if (COUNTS_BYTES) set('--interrupt-budget', LATE);
}

/**
 * Where events come a hundred a second, V8 would interpret most of what handles them for minutes, and be half an
 * hour about it: each event would take a third longer, and memory would grow all the while. What the start has
 * run goes on as it was, until it is looked at next.
 */
export function optimiseEarly(): void {
  if (COUNTS_BYTES) set('--interrupt-budget', EARLY);
}

function set(flag: string, value: number): void {
  const asked = process.execArgv.some((argument) => argument.replaceAll('_', '-').startsWith(`${flag}=`));
  if (!asked) setFlagsFromString(`${flag}=${value}`);
}
