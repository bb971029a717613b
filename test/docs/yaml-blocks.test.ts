import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { documentedBlocks, exampleFiles, wholeFile } from '../support/yaml-blocks.ts';

test('a fragment becomes a file, and a file stays as it is', () => {
  expect(parse(wholeFile('processors:\n  filter: {}\n'))).toEqual({
    processors: { filter: {} },
    receivers: { http: { listen: 'http://127.0.0.1:8686' } },
    exporters: { console: {} },
  });
  const connectors = 'connectors:\n  one: {}\n';
  expect(wholeFile(connectors)).toBe(connectors);
});

test('finds the blocks of the documents, with their places', () => {
  const places = documentedBlocks().map(({ place }) => place);
  expect(places).toContainEqual(expect.stringMatching(/^README\.md:\d+$/));
});

test.for(exampleFiles())('$place opens with what, when and how to try', ({ text }) => {
  expect(text.split('\n').slice(0, 4)).toEqual([
    expect.stringMatching(/^# What: .+\.$/),
    expect.stringMatching(/^# When: .+\.$/),
    expect.stringMatching(/^# Try:  .+$/),
    '',
  ]);
});
