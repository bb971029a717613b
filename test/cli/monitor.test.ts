import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { serve } from '../support/http-server.ts';
import { say } from '../support/in-process.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test('sends the health of this machine to every exporter at intervals, until it is told to stop', async () => {
  const server = await serve();
  const file = join(await temporaryDirectory(), 'config.yaml');
  await writeFile(
    file,
    `connectors:
  a: { type: http, url: ${server.origin}/a }
  b: { type: http, url: ${server.origin}/b, filters: { event_types: [system_health] } }
  c: { type: http, url: ${server.origin}/c, filters: { min_level: critical } }
`,
  );
  const monitoring = say(['monitor', '-c', file, '--interval', '1']);
  await eventually(() => server.seen.filter(({ path }) => path === '/b').length >= 2, 'two reports have come', 10_000);
  process.emit('SIGTERM');
  expect(await monitoring).toMatchObject({ status: 0, err: '' });
  expect(server.seen.map(({ path }) => path)).not.toContain('/c');
  expect(JSON.parse(server.seen[0]!.body)).toMatchObject({
    event_type: 'system_health',
    metadata: { memory_percent: expect.any(Number) as number },
  });
});

test.for(['0', 'soon', '-5'])('an interval of %s is wrong usage', async (interval) => {
  expect((await say(['monitor', `--interval=${interval}`])).status).toBe(2);
});
