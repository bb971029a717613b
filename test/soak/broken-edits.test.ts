/**
 * Three hundred broken edits beside an undisturbed collector that gets the same messages: both write
 * the same, each edit is refused and told of at its line, and a misspelt word is named.
 */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { broken, whole, type Broken } from '../support/broken-file.ts';
import { startCollector, type Collector } from '../support/collector.ts';
import { backupFirst, inPlace, removeFirst, renameOver } from '../support/edits.ts';
import { eventually } from '../support/eventually.ts';
import { eventsIn, linesIn } from '../support/json-lines.ts';
import { seeded } from '../support/random-edits.ts';
import { tcpSender } from '../support/syslog-senders.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const SEED = Number(process.env['EDIT_SEED'] ?? 1);
const EDITS = Number(process.env['EDITS'] ?? 300);
const PER_SECOND = 500;
const HOW = [renameOver, inPlace, backupFirst, removeFirst];

type Problem = NonNullable<Awaited<ReturnType<Collector['status']>>['config']['last_reload']['problems']>[number] & {
  readonly suggestion?: string;
};

test(`${EDITS} broken edits change nothing, and are told of where they are`, async () => {
  const [edited, undisturbed] = await Promise.all([startCollector(whole), startCollector(whole)]);
  const traffic = await sameTraffic([edited, undisturbed]);
  const folder = await temporaryDirectory();
  const notACertificate = join(folder, 'not-a-certificate');
  await writeFile(notACertificate, 'nonsense\n');
  const places = { notACertificate, takenPort: await takenPort() };
  const random = seeded(SEED);

  const misplaced: string[] = [];
  const untold: string[] = [];
  const named = { right: 0, wrong: [] as string[], none: [] as string[] };
  for (let n = 0; n < EDITS; n += 1) {
    const one = broken(edited.directory, random, places);
    const problems = await refused(edited, one, n);
    const at = problems.filter(({ line }) => one.line === undefined || line === one.line);
    if (at.length === 0) misplaced.push(`${one.what}: line ${one.line}, told at ${said(problems)}`);
    const told = edited.log.findLast(({ message }) => message.startsWith('the edit is not taken over'))!;
    if (!problems.every(({ line }) => told.message.includes(`collector.yaml:${line}:`))) untold.push(one.what);
    if (one.meant === undefined) continue;
    const suggestions = at.flatMap(({ suggestion }) => suggestion ?? []);
    if (suggestions.some((suggestion) => suggestion === one.meant || suggestion.endsWith(`/${one.meant}`)))
      named.right += 1;
    else (suggestions.length > 0 ? named.wrong : named.none).push(`${one.what} (${said(problems)})`);
  }
  await traffic.stop();
  const misspelt = named.right + named.wrong.length + named.none.length;
  process.stderr.write(
    `${EDITS} broken edits, ${misspelt} misspelt words, ${named.right} of them named\n${[...misplaced, ...named.wrong, ...named.none].map((line) => `  ${line}\n`).join('')}`,
  );

  for (const name of ['all', 'limited', 'door']) {
    const [here, there] = [edited, undisturbed].map(({ directory }) => join(directory, `${name}.jsonl`)) as [
      string,
      string,
    ];
    await eventually(() => linesIn(here).length === linesIn(there).length, `${name} is as long in both`, 20_000);
    if (name === 'all') await eventually(() => linesIn(here).length >= traffic.sent(), 'all has arrived', 20_000);
    expect(writtenIn(here)).toEqual(writtenIn(there));
  }
  expect(traffic.dropped()).toBe(false);
  expect(untold).toEqual([]);
  expect(misplaced).toEqual([]);
  expect(named.right / misspelt).toBeGreaterThanOrEqual(0.9);
  expect(await edited.metric('lnmt_collector_config_reloads_total', { result: 'applied' })).toBe(0);
  await edited.edit(whole(edited.directory));
  await eventually(async () => (await edited.status()).config.state === 'in effect', 'it is mended');
  await Promise.all([edited.stop(), undisturbed.stop()]);
});

/** Makes the edit; the errors that it is refused for. */
async function refused(collector: Collector, { what, text }: Broken, turn: number): Promise<Problem[]> {
  const count = (): Promise<number> => collector.metric('lnmt_collector_config_reloads_total', { result: 'refused' });
  const before = await count();
  // What was cut short has no `service` block either; and two broken edits in a row shall not be one text.
  const edited = text.endsWith('\n') ? `${collector.whole(text)}# ${turn}\n` : text || '\n'.repeat(turn);
  await collector.editRaw(edited, HOW[turn % HOW.length]);
  await eventually(async () => (await count()) > before, `edit ${turn} (${what}) is refused:\n${text}`, 5_000);
  const { problems = [] } = (await collector.status()).config.last_reload;
  return (problems as Problem[]).filter(({ severity }) => severity === 'error');
}

/** The same messages to each, over one connection. */
async function sameTraffic(collectors: readonly Collector[]) {
  const senders = await Promise.all(collectors.map(async (one) => tcpSender(await one.port('syslog', 'tcp'))));
  let sent = 0;
  const stopped = new AbortController();
  const started = performance.now();
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const due = ((performance.now() - started) / 1_000) * PER_SECOND - sent;
      for (let n = 0; n < due; n += 1) {
        const line = `<${[10, 11, 12, 14][sent % 4]}>1 2026-01-15T10:00:00Z web-${sent % 5} app${sent % 3} - - - number ${sent}`;
        sent += 1;
        for (const sender of senders) await sender.send(line);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const done = run();
  return {
    sent: () => sent,
    dropped: () => senders.some(({ dropped }) => dropped),
    async stop() {
      stopped.abort();
      await done;
      for (const sender of senders) await sender.close();
    },
  };
}

/** Ids aside. */
function writtenIn(file: string): object[] {
  return eventsIn(file).map((written) => ({ ...written, event_id: undefined }));
}

function said(problems: readonly Problem[]): string {
  return problems.map(({ line, message }) => `${line}: ${message}`).join('; ');
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
