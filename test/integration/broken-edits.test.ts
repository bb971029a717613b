/** Edits that cannot be taken over: nothing changes, the log and the status say what is wrong and where, and the metric too. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startCollector, type Collector } from '../support/collector.ts';
import { inPlace, renameOver } from '../support/edits.ts';
import { eventually } from '../support/eventually.ts';
import { linesIn } from '../support/json-lines.ts';
import { numbersIn, sendTraffic } from '../support/numbered-traffic.ts';

const SUCCESSFUL = 'lnmt_collector_config_last_reload_successful';

interface Breakage {
  readonly what: string;
  /** Makes the broken text of the good one. */
  broken(good: string): string | Promise<string>;
  readonly line: number;
  readonly says: RegExp;
}

const good = (directory: string): string => `receivers:
  syslog: { listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0'] }
exporters:
  file/all:
    path: ${directory}/all.jsonl
    timeout: 10s
  file/grave: { path: ${directory}/grave.jsonl }
pipelines:
  all:
    receivers: [syslog]
    exporters: [file/all, pipeline/grave]
  grave:
    processors:
      - filter: { when: 'level >= critical' }
    exporters: [file/grave]
`;

const replaced = (from: string, to: string) => (text: string) => {
  expect(text).toContain(from);
  return text.replace(from, to);
};

const BREAKAGES: readonly Breakage[] = [
  {
    what: 'a bracket that is not closed',
    broken: replaced('[file/all, pipeline/grave]', '[file/all, pipeline/grave'),
    line: 12,
    says: /\[ above is not closed/,
  },
  {
    what: 'an unknown key',
    broken: replaced('timeout: 10s', 'time_out: 10s'),
    line: 6,
    says: /unknown option "time_out".*timeout/,
  },
  {
    what: 'an id that is nowhere',
    broken: replaced('[file/all, pipeline/grave]', '[file/al, pipeline/grave]'),
    line: 11,
    says: /file\/al\b.*file\/all/,
  },
  {
    what: 'a pipeline that is nowhere',
    broken: replaced('pipeline/grave]', 'pipeline/grav]'),
    line: 11,
    says: /grav\b.*grave/,
  },
  {
    what: 'a wrong type',
    broken: replaced('timeout: 10s', 'timeout: [10]'),
    line: 6,
    says: /timeout takes a duration/,
  },
  {
    what: 'a tab',
    broken: replaced('    timeout: 10s', '\ttimeout: 10s'),
    line: 6,
    says: /a tab is used as indentation/,
  },
  {
    what: 'a name that no event has',
    broken: replaced('level >= critical', 'levle >= critical'),
    line: 14,
    says: /levle.*level/,
  },
  {
    what: 'an expression without an end',
    broken: replaced('level >= critical', 'level >= '),
    line: 14,
    says: /ends too early/,
  },
  {
    what: 'a variable that is not set',
    broken: replaced('timeout: 10s', 'timeout: ${env:LNMT_TEST_NOT_SET}'),
    line: 6,
    says: /LNMT_TEST_NOT_SET/,
  },
  {
    what: 'a port in use',
    broken: async (text) => replaced('udp://127.0.0.1:0', `tcp://127.0.0.1:${await takenPort()}`)(text),
    line: 2,
    says: /is taken by/,
  },
  { what: 'an empty file', broken: () => '', line: 1, says: /the file is empty/ },
  {
    what: 'a file that is half-written',
    broken: (text) => text.slice(0, text.indexOf('file/grave: {')) + 'file/gra',
    line: 7,
    says: /key without a colon/,
  },
  {
    what: 'an id twice',
    broken: replaced('  file/grave: {', '  file/all: {'),
    line: 7,
    says: /file\/all.*first is on line 4/,
  },
  {
    what: 'a circle',
    broken: replaced('exporters: [file/grave]', 'exporters: [file/grave, pipeline/all]'),
    line: 15,
    says: /circle.*all → grave → all/,
  },
];

test(
  'an edit that is wrong changes nothing, says where and why, and is forgotten once it is mended',
  { timeout: 60_000 },
  async () => {
    const collector = await startCollector(good);
    const text = good(collector.directory);
    const all = join(collector.directory, 'all.jsonl');
    const traffic = await sendTraffic(collector, 1_000);
    await eventually(() => linesIn(all).length > 0, 'messages flow');

    for (const [index, { what, broken, line, says }] of BREAKAGES.entries()) {
      const how = index % 2 === 0 ? renameOver : inPlace;
      const before = await collector.status();
      const said = collector.log.length;
      await collector.editRaw(wholeUnlessCut(collector, await broken(text)), how);
      await eventually(
        async () => (await collector.status()).config.last_reload.result === 'refused',
        `${what} is refused`,
        2_000,
      );
      const { config, receivers, pipelines, exporters } = await collector.status();
      const errors = config.last_reload.problems!.filter(({ severity }) => severity === 'error');
      expect(
        errors.map((problem) => problem.line),
        what,
      ).toContain(line);
      expect(errors.map(({ message }) => message).join('\n'), what).toMatch(says);
      expect(config.state, what).toMatch(/^stale/);
      expect(await collector.metric(SUCCESSFUL), what).toBe(0);
      await eventually(
        () => collector.log.slice(said).some(({ level }) => level === 'error'),
        `the log says that ${what} is wrong`,
      );
      const told = collector.log.slice(said).filter(({ level }) => level === 'error');
      expect(
        told.map(({ message }) => message),
        what,
      ).toEqual([expect.stringContaining(`collector.yaml:${line}:`)]);
      expect([Object.keys(pipelines), Object.keys(exporters)], what).toEqual([
        Object.keys(before.pipelines),
        Object.keys(before.exporters),
      ]);
      expect(receivers['syslog']!.addresses, what).toEqual(before.receivers['syslog']!.addresses);

      await collector.edit(text, how);
      await eventually(async () => (await collector.metric(SUCCESSFUL)) === 1, `${what} is mended`, 2_000);
      expect((await collector.status()).config.state).toBe('in effect');
    }

    await traffic.stop();
    await eventually(
      () => numbersIn(all).tcp.length >= traffic.sent.tcp && numbersIn(all).udp.length >= traffic.sent.udp,
      'all have arrived',
    );
    const numbers = numbersIn(all);
    expect(traffic.dropped).toBe(false);
    expect(numbers.tcp).toEqual(Array.from({ length: traffic.sent.tcp }, (_, n) => n));
    expect(numbers.udp).toEqual(Array.from({ length: traffic.sent.udp }, (_, n) => n));
    expect(await collector.metric('lnmt_collector_config_reloads_total', { result: 'refused' })).toBe(BREAKAGES.length);
    await collector.stop();
  },
);

/** What was cut short or emptied has no `service` block either. */
function wholeUnlessCut(collector: Collector, text: string): string {
  return text.endsWith('\n') ? collector.whole(text) : text;
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
