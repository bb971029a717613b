import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { fileInFolder, startAgent } from '../support/in-process.ts';
import { postEvents } from '../support/post-events.ts';

test('a rate limit that is taken out and put back at once still knows what passed', async () => {
  const { folder, file, whole } = await fileInFolder('');
  const out = join(folder, 'out.txt');
  const yaml = (processors: string): string =>
    whole(`
receivers:
  http: { listen: 'http://127.0.0.1:0' }
exporters:
  file: { path: ${out}, format: text }
pipelines:
  main: { receivers: [http], ${processors}exporters: [file] }
`);
  const limited = yaml('processors: [ratelimit: { max_per_window: 2, window: 1h, by: [] }], ');
  await writeFile(file, limited);
  const agent = await startAgent(file);
  const port = Number(new URL(agent.addresses.get('http')![0]!).port);
  const sendThree = () =>
    postEvents(
      port,
      ['a', 'b', 'c'].map((title) => ({ title })),
    );
  await sendThree();
  await writeFile(file, yaml(''));
  await agent.reload('the test');
  await sendThree();
  await writeFile(file, limited);
  await agent.reload('the test');
  await sendThree();
  await writeFile(file, yaml(''));
  await agent.reload('the test');
  await postEvents(port, [{ title: 'last' }]);
  const written = () => readFile(out, 'utf8').catch(() => '');
  await eventually(async () => (await written()).includes('last'), 'all is written');
  expect((await written()).trim().split('\n')).toHaveLength(2 + 3 + 0 + 1);
});
