import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const text = readFileSync(new URL('../../docs/lnmt.md', import.meta.url), 'utf8');

test('each test that the table names is there', () => {
  const named = [...text.matchAll(/`((?:test|bench)\/[^`]*)`/g)].map((match) => match[1]!);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))).toEqual([]);
});
