/** Edits while messages flow: each at work within two seconds, and none costs a message, a connection or the process. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCollector, type Collector } from '../support/collector.ts';
import { dataSwap, inPlace, renameOver } from '../support/edits.ts';
import { eventually } from '../support/eventually.ts';
import { serve, type TestServer } from '../support/http-server.ts';
import { linesIn } from '../support/json-lines.ts';
import { numbersIn, sendTraffic, type Traffic } from '../support/numbered-traffic.ts';

interface Edited {
  level?: string;
  hook?: string;
  limit?: number;
  added?: boolean;
  spare?: boolean;
  longest?: string;
}

/** Everything goes to `file/all`, which no edit touches. */
const config = (directory: string, origin: string, edited: Edited): string => {
  const { level = 'critical', hook = 'before', limit = 10, added = false, spare = true, longest = '64KiB' } = edited;
  return `
receivers:
  syslog: { listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0'], max_message_size: ${longest} }
exporters:
  file/all: { path: '${directory}/all.jsonl' }
  file/level: { path: '${directory}/level.jsonl' }
  file/limited: { path: '${directory}/limited.jsonl' }
  http/hook: { url: '${origin}/${hook}' }
${added ? `  file/added: { path: '${directory}/added.jsonl' }\n` : ''}${spare ? `  file/spare: { path: '${directory}/spare.jsonl' }\n` : ''}
pipelines:
  all: { receivers: [syslog], exporters: [file/all${added ? ', file/added' : ''}] }
  level: { receivers: [syslog], processors: [filter: { min_level: ${level} }], exporters: [file/level] }
  limited:
    receivers: [syslog]
    processors: [ratelimit: { max_per_window: ${limit}, window: 1h, by: [source] }]
    exporters: [file/limited]
  hook: { receivers: [syslog], processors: [ratelimit: { max_per_window: 5, window: 100ms, by: [source] }], exporters: [http/hook] }
${spare ? '  spare: { receivers: [syslog], exporters: [file/spare] }\n' : ''}`;
};

test.for([
  ['a rename', renameOver],
  ['a write in place', inPlace],
  ["Kubernetes' swap of ..data", dataSwap],
] as const)(
  'six edits by %s are at work within two seconds each, and cost nothing',
  { timeout: 60_000 },
  async ([, how]) => {
    const server = await serve();
    let edited: Edited = {};
    const collector = await startCollector((directory) => config(directory, server.origin, edited), { how });
    const { directory, pid } = collector;
    const lines = (name: string): string[] => linesIn(join(directory, `${name}.jsonl`));
    const traffic = await sendTraffic(collector, 2_000);
    await eventually(() => lines('limited').length === 10 && server.seen.length > 0, 'messages flow');

    const within2s = async (change: Edited, what: string, atWork: () => boolean | Promise<boolean>): Promise<void> => {
      edited = { ...edited, ...change };
      await collector.edit(config(directory, server.origin, edited));
      await eventually(atWork, `${what} is at work`, 2_000);
    };
    await within2s({ level: 'warning' }, 'the level', () =>
      lines('level').some((line) => line.includes('"level":"warning"')),
    );
    await within2s({ hook: 'after' }, 'the webhook URL', () => server.seen.at(-1)!.path === '/after');
    await within2s({ limit: 25 }, 'the rate limit', () => lines('limited').length === 25);
    await within2s({ added: true }, 'the added exporter', () => lines('added').length > 0);
    await within2s(
      { spare: false },
      'the removal of a pipeline',
      async () => !('spare' in (await collector.status()).pipelines),
    );

    await within2s({ longest: '32KiB' }, "the receiver's new instance", () => wasRestarted(collector, 'syslog'));

    const sofar = traffic.sent.tcp;
    await eventually(() => traffic.sent.tcp > sofar + 200, 'more messages flow');
    await traffic.stop();
    expect(traffic.dropped).toBe(false);
    await expectAllOnce(collector, traffic);
    expect(lines('limited')).toHaveLength(25);
    expectBefore(join(directory, 'spare.jsonl'), traffic);
    expectInTurn(server);
    expect([collector.pid, collector.gone]).toEqual([pid, false]);
    expect(collector.log.filter(({ level }) => level !== 'info')).toEqual([]);
    await collector.stop();
  },
);

/** Every message stands in `all.jsonl` once, those of a connection in their order. */
async function expectAllOnce(collector: Collector, { sent }: Traffic): Promise<void> {
  const file = join(collector.directory, 'all.jsonl');
  await eventually(
    () => numbersIn(file).tcp.length >= sent.tcp && numbersIn(file).udp.length >= sent.udp,
    'all have arrived',
  );
  const numbers = numbersIn(file);
  expect(numbers.tcp).toEqual(Array.from({ length: sent.tcp }, (_, n) => n));
  expect(numbers.udp).toEqual(Array.from({ length: sent.udp }, (_, n) => n));
  expect(await collector.metric('lnmt_collector_receiver_kernel_dropped_messages_total')).toBe(0);
}

/** What came before the pipeline was removed stands in its file once, and nothing that came after. */
function expectBefore(file: string, { sent }: Traffic): void {
  const { tcp } = numbersIn(file);
  expect(tcp).toEqual(Array.from({ length: tcp.length }, (_, n) => n));
  expect(tcp.length).toBeLessThan(sent.tcp);
}

/** From one URL to the other once, with nothing repeated. */
function expectInTurn({ seen }: TestServer): void {
  const turns = seen.filter(({ path }, index) => index > 0 && path !== seen[index - 1]!.path);
  expect(turns).toHaveLength(1);
  const ids = seen.map(({ body }) => (JSON.parse(body) as { event_id: string }).event_id);
  expect(new Set(ids).size).toBe(ids.length);
}

async function wasRestarted(collector: Collector, receiver: string): Promise<boolean> {
  const { plan = [] } = (await collector.status()).config.last_reload;
  return plan.some(({ kind, id, action }) => kind === 'receiver' && id === receiver && action === 'restarted');
}
