import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { serve } from '../support/http-server.ts';

const EVENTS = 300;

/** What arrives of numbered events, and what the books say, where every fifth request is turned away and one event is refused. */
async function outcome(workers: number): Promise<object> {
  const taken: number[] = [];
  const server = await serve(({ body }, count) => {
    if (count % 5 === 0) return { status: 503 };
    const numbers = (JSON.parse(body) as { title: string }[]).map(({ title }) => Number(title));
    if (numbers.includes(77)) return { status: 422, body: 'not this one' };
    taken.push(...numbers);
    return {};
  });
  const collector = await startCollector(
    [
      'receivers: { in: { type: http, listen: "http://127.0.0.1:0" } }',
      'exporters:',
      '  out:',
      '    type: http',
      `    url: ${server.origin}`,
      '    batch: { max_events: 20, max_wait: 50ms }',
      '    retry: { initial_interval: 1ms, max_interval: 5ms }',
    ].join('\n'),
    { service: `  workers: ${workers}` },
  );
  const { receivers } = await collector.status();
  const events = Array.from({ length: EVENTS }, (_, index) => ({ title: String(index), level: 'info' }));
  const { status } = await fetch(`http://${new URL(receivers['in']!.addresses![0]!).host}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });
  expect(status).toBe(202);
  await eventually(async () => (await collector.status()).exporters['out']!.held === 0, 'all is delivered', 15_000);
  const { sent, dead_lettered, dropped, held, received } = (await collector.status()).exporters['out']!;
  return { taken, sent, dead_lettered, dropped, held, received };
}

test('with threads the same events arrive in the same order, and the same books balance', async () => {
  const without = await outcome(0);
  expect(await outcome(2)).toEqual(without);
  expect(without).toEqual({
    taken: Array.from({ length: EVENTS }, (_, index) => index).filter((index) => index !== 77),
    sent: EVENTS - 1,
    dead_lettered: 1,
    dropped: 0,
    held: 0,
    received: EVENTS,
  });
});
