/** How fast a fixed number of messages gets through, and whether all of them do. */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { linesOf, sizeOf } from '../lib/output.mjs';
import { generate, withSink } from '../lib/programs.mjs';
import { freePort, inBenchFolder, RunningAgent } from '../lib/running-agent.mjs';

/** TCP → … → file. */
export function tcpToFile({ name, title, messages = 2_000_000, connections = 1, ...work }) {
  const input = { input: 'tcp', output: 'file', warnings: true, ...work };
  return {
    name,
    title,
    unit: 'messages/s',
    work: input,
    async measure(agent) {
      return RunningAgent.use(agent, input, async (running) => {
        const cpuBefore = running.cpuSeconds;
        const options = ['-p', running.work.port, '-n', messages, '-c', connections, '-f', work.format ?? 3164];
        if (work.keys) options.push('-k', work.keys);
        const { sent, warnings, beganAtMs } = await generate(options);
        const wanted = input.warnings ? warnings : sent;
        const { lines, lastMs } = await linesOf(running.work.out, wanted);
        if (work.realistic) await linesOf(`${running.work.out}.json`, wanted);
        return {
          value: (sent * 1_000) / (lastMs - beganAtMs),
          lost: wanted - lines,
          cpu: running.cpuSeconds - cpuBefore,
          rss: running.peakRss,
        };
      });
    },
  };
}

/** TCP → POSTs, one event each or `batch`. */
export function tcpToHttp({ name, title, messages, ...more }) {
  const work = { input: 'tcp', output: 'http', sinkPort: 0, ...more };
  return {
    name,
    title,
    unit: 'events/s',
    work,
    only: work.threads ? (agent) => agent.name.startsWith('collector') : undefined,
    async measure(agent) {
      const sinkPort = freePort();
      return withSink(
        sinkPort,
        (sink) =>
          RunningAgent.use(agent, { ...work, sinkPort }, async (running) => {
            await sink.report(true);
            const cpuBefore = running.cpuSeconds;
            const generated = generate(['-p', running.work.port, '-n', messages], work);
            const report = await allOf(sink, messages);
            const cpu = running.cpuSeconds - cpuBefore;
            const { beganAtMs } = await generated;
            return {
              value: (report.events * 1_000) / (report.lastMs - beganAtMs),
              lost: messages - report.events,
              perRequest: report.events / report.requests,
              cpu,
              rss: running.peakRss,
            };
          }),
        work,
      );
    },
  };
}

/** The report once all events are there, or none has come for three seconds. */
export async function allOf(sink, wanted, idleMs = 3_000) {
  let report = await sink.report();
  let events = -1;
  for (let since = Date.now(); report.events < wanted && Date.now() - since < idleMs; report = await sink.report()) {
    if (report.events !== events) since = Date.now();
    events = report.events;
    await sleep(25);
  }
  return report;
}

/** A log file that is there already → … → file. The time of the start counts. */
export function tailToFile({ name, title, megabytes = 400 }) {
  const lines = Math.round((megabytes * 1_000_000) / 201);
  const work = { input: 'tail', output: 'file', warnings: true, logFile: inBenchFolder(`tail-${megabytes}.log`) };
  return {
    name,
    title,
    unit: 'MB/s',
    work,
    async measure(agent) {
      if (sizeOf(work.logFile) !== lines * 201) {
        rmSync(work.logFile, { force: true });
        mkdirSync(dirname(work.logFile), { recursive: true });
        await generate(['-F', work.logFile, '-n', lines]);
      }
      return RunningAgent.use(
        agent,
        work,
        async (running) => {
          const wanted = Math.floor(lines / 100) * 10 + Math.min(10, lines % 100);
          const found = await linesOf(running.work.out, wanted, { idleMs: 10_000 });
          return {
            value: (megabytes * 1_000) / (found.lastMs - running.startedAtMs),
            lost: wanted - found.lines,
            cpu: running.cpuSeconds,
            rss: running.peakRss,
          };
        },
        { warmUp: false },
      );
    },
  };
}
