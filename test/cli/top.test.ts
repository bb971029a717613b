import { expect, test } from 'vitest';
import { painter } from '../../src/cli/table.ts';
import { topText, type StatusAnswer } from '../../src/cli/top-view.ts';
import { fileInFolder, say, startAgent } from '../support/in-process.ts';

const status = (
  accepted: number,
  sent: number,
  more: Partial<StatusAnswer['exporters'][string]> = {},
): StatusAnswer => ({
  version: '1.0.0',
  uptime_seconds: 7_384,
  config: {
    file: '/etc/collector.yaml',
    state: 'in effect',
    last_reload: {
      at: '2026-01-15T12:00:00.000Z',
      trigger: 'the file changed',
      result: 'applied',
      took_ms: 61,
      plan: [{ action: 'kept' }, { action: 'kept' }, { action: 'restarted' }],
    },
  },
  receivers: { syslog: { accepted, refused: 0 } },
  pipelines: { ops: { accepted, dropped: accepted - sent, suppressed: 0, passed: sent } },
  exporters: {
    'slack/ops': {
      state: 'ok',
      queue: { events: 0, bytes: 0, full: false },
      sent,
      failed_requests: 0,
      dead_lettered: 0,
      dropped: 0,
      ...more,
    },
  },
});
const view = { paint: painter(false), width: 120, height: 40 };

test('rates are what came between two looks', () => {
  const text = topText(status(25_000, 205), status(0, 200), 2, view);
  expect(text).toMatch(
    /^lnmt-collector 1\.0\.0 {2}up 2h 3m {2}\/etc\/collector\.yaml: in effect\nlast reload 2026-01-15 12:00:00 \(the file changed\) in 61 ms: 2 kept, 1 restarted\n/,
  );
  expect(text).toMatch(/^syslog +12,500 +25,000 +0$/m);
  expect(text).toMatch(/^slack\/ops +2\.5 +205 +0 +0 +0 +ok$/m);
  expect(topText(status(1, 1), undefined, 0, view)).toMatch(/^syslog +· +1 +0$/m);
});

test('a destination in trouble says why, and how much waits for it', () => {
  const trouble = {
    state: 'misconfigured',
    last_error: 'answered 404: no_service',
    queue: { events: 1_200, bytes: 400_000, full: true },
    failed_requests: 7,
    dead_lettered: 1,
  };
  expect(topText(status(1, 1, trouble), undefined, 0, view)).toMatch(
    /slack\/ops +· +1 +1,200 \(390\.6 KiB\) full +7 +1 +misconfigured answered 404: no_service/,
  );
});

test('it fits the window, colours and all', () => {
  const text = topText(status(1, 1, { last_error: 'x'.repeat(500), state: 'retrying' }), undefined, 0, {
    paint: painter(true),
    width: 60,
    height: 8,
  });
  const lines = text.split('\n');
  expect(lines).toHaveLength(8);
  for (const line of lines) expect(line.replaceAll(/\u001B\[[0-9;]*m/g, '').length).toBeLessThanOrEqual(60);
  expect(lines.at(-1)).toContain('more lines');
});

test('where no terminal is, it is printed once', async () => {
  const { file } = await fileInFolder(
    "receivers: { http: { listen: 'http://127.0.0.1:0' } }\nexporters: { console: {} }",
  );
  await startAgent(file);
  const { status: exit, out } = await say(['top', '-c', file]);
  expect([exit, out]).toEqual([0, expect.stringMatching(/^http +0 +0 +0$/m)]);
});
