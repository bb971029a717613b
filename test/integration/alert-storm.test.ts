/** A storm of alerts: what the window allows gets through, and one summary counts the rest. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { serve } from '../support/http-server.ts';
import { eventsIn, type WrittenEvent } from '../support/json-lines.ts';
import { postEvents } from '../support/post-events.ts';

const config = (directory: string, hook: string): string => `
receivers:
  http: { listen: http://127.0.0.1:0 }
exporters:
  file/all: { path: '${directory}/all.jsonl' }
  http/pager: { url: '${hook}' }
pipelines:
  all: { receivers: [http], exporters: [file/all, pipeline/alerts] }
  alerts:
    processors:
      - filter: { min_level: error }
      - ratelimit: { max_per_window: 10, window: 2s, by: [source], summary: true }
    exporters: [http/pager]
`;

test('of 1,000 alerts ten get through, and one summary counts the other 990', async () => {
  const hook = await serve();
  const collector = await startCollector((directory) => config(directory, hook.url));
  const alerts = Array.from({ length: 1_000 }, (_, n) => ({
    level: n % 4 === 0 ? 'critical' : 'error',
    source: 'database',
    title: n % 4 === 0 ? 'disk full' : 'query failed',
    message: `alert ${n}`,
  }));
  const calm = { level: 'error', source: 'mail', title: 'one of another source' };
  expect(await postEvents(await collector.port('http', 'http'), [...alerts, calm])).toEqual({
    status: 202,
    accepted: 1_001,
  });

  const posted = (): WrittenEvent[] => hook.seen.map(({ body }) => JSON.parse(body) as WrittenEvent);
  await eventually(() => posted().length >= 12, 'the summary comes', 10_000);
  const through = posted().filter(({ source, tags }) => source === 'database' && !tags.includes('suppressed'));
  expect(through.map(({ message }) => message)).toEqual(alerts.slice(0, 10).map(({ message }) => message));
  const [summary, ...more] = posted().filter(({ tags }) => tags.includes('suppressed'));
  expect(more).toEqual([]);
  expect(summary).toMatchObject({
    level: 'critical',
    source: 'database',
    metadata: {
      suppressed: 990,
      by_level: { critical: 247, error: 743 },
      by_source: { database: 990 },
      top_titles: [
        { title: 'query failed', count: 743 },
        { title: 'disk full', count: 247 },
      ],
    },
  });
  expect(summary!.title).toBe('990 more events from database were held back in 2s');
  expect(eventsIn(join(collector.directory, 'all.jsonl'))).toHaveLength(1_001);

  const { pipelines } = await collector.expectBalancedBooks();
  expect(pipelines['alerts']).toMatchObject({ accepted: 1_001, generated: 1, suppressed: 990, passed: 12 });
  await collector.stop();
  expect(hook.seen).toHaveLength(12);
});
