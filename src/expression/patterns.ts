/**
 * Patterns that an expression computes from an event, such as `message.matches(metadata.pattern)`:
 * compiled once, remembered, and bounded, since their texts come off the network.
 */
import { compileTest } from './regex.ts';

/** The longest pattern that an event may bring along. */
const MAX_LENGTH = 256;
const MAX_REMEMBERED = 128;

type Test = (text: string) => boolean;

const remembered = new Map<string, Test>();

/** Whether `text` has `pattern` in it; false for a pattern that is none. */
export function matchesPattern(text: string, pattern: string): boolean {
  const test = remembered.get(pattern) ?? remember(pattern);
  return test(text);
}

function remember(pattern: string): Test {
  const test = pattern.length <= MAX_LENGTH ? testOf(pattern) : never;
  if (remembered.size >= MAX_REMEMBERED) {
    // The oldest goes: a Map keeps the order of insertion.
    const [oldest] = remembered.keys();
    remembered.delete(oldest!);
  }
  remembered.set(pattern, test);
  return test;
}

function testOf(pattern: string): Test {
  try {
    const test = compileTest(pattern);
    return (text) => test.inText(text);
  } catch {
    return never;
  }
}

function never(): boolean {
  return false;
}
