import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { fileInFolder, startAgent } from '../support/in-process.ts';

const FILE = (level: string) => `
receivers:
  http: { listen: 'http://127.0.0.1:0' }
exporters:
  http: { url: 'https://store.example.com' }
pipelines:
  main: { receivers: [http], processors: [filter: { min_level: ${level} }], exporters: [http] }
tests:
  - name: warnings come through
    input: [{ receiver: http, raw: '{"title":"warm","level":"warning"}' }]
    expect: { http: 1 }
`;

test('an edit that fails a test of the file is refused where tests are required, and taken where they are not', async () => {
  const { file, whole } = await fileInFolder(FILE('warning'));
  const required = (level: string) => `${whole(FILE(level))}  reload: { require_tests: true }\n`;
  await writeFile(file, required('warning'));
  const agent = await startAgent(file);
  const level = () =>
    (agent.configuration!.pipelines.get('main')!.stages[0]!.options as { min_level: string }).min_level;
  await writeFile(file, required('error'));
  const refused = await agent.reload('the test');
  expect(refused).toMatchObject({
    result: 'refused',
    problems: [
      {
        line: 10,
        severity: 'error',
        message: expect.stringMatching(/^the test "warnings come through" fails: http: wanted 1, got 0/),
      },
    ],
  });
  expect(level()).toBe('warning');
  await writeFile(file, required('info'));
  await agent.reload('the test');
  expect(level()).toBe('info');
  await writeFile(file, whole(FILE('error')));
  await agent.reload('the test');
  expect(level()).toBe('error');
});

test('a test that is written wrongly refuses the edit too', async () => {
  const { file, whole } = await fileInFolder(FILE('warning'));
  const required = (text: string) => `${whole(text)}  reload: { require_tests: true }\n`;
  await writeFile(file, required(FILE('warning')));
  const agent = await startAgent(file);
  await writeFile(file, required(FILE('info').replace('expect', 'expectt')));
  expect(await agent.reload('the test')).toMatchObject({
    result: 'refused',
    problems: [{ line: 8 }, { line: 10, suggestion: 'expect' }],
  });
});
