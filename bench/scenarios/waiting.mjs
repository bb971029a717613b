/** What people wait for: one message to arrive, the start, an edit, a check of a large file. */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { collectorYaml } from '../agents/collector.mjs';
import { AGENT_CORE, pinned } from '../lib/cores.mjs';
import { sizeOf } from '../lib/output.mjs';
import { generate, withSink } from '../lib/programs.mjs';
import { freePort, makeFolder, RunningAgent } from '../lib/running-agent.mjs';
import { manyComponents } from './many-components.mjs';
import { allOf } from './throughput.mjs';

/** UDP → POST at a hundred messages a second. */
export function latency({ name, title, quantile }) {
  const work = { input: 'udp', output: 'http', sinkPort: 0 };
  const [rate, warmUp, count] = [100, 1_500, 1_500];
  return {
    name,
    title,
    unit: 'ms',
    lessIsBetter: true,
    work,
    async measure(agent) {
      const sinkPort = freePort();
      return withSink(sinkPort, (sink) =>
        RunningAgent.use(agent, { ...work, sinkPort }, async (running) => {
          await generate(['-u', '-p', running.work.port, '-r', rate, '-n', warmUp]);
          await sleep(running.settleMs);
          await sink.report(true);
          await generate(['-u', '-p', running.work.port, '-r', rate, '-n', count]);
          const report = await allOf(sink, count);
          return { value: report[quantile], lost: count - report.events, rss: running.peakRss };
        }),
      );
    },
  };
}

const PROBE = Buffer.from('<132>Nov 23 06:30:29 host00 sshd[1000]: seq=0000000000 probe');

/** From the start of the process until it listens, or until the first message is in the file. */
export function start({ name, title, until }) {
  const work = { input: 'udp', output: 'file', warnings: true };
  return {
    name,
    title,
    unit: 'ms',
    lessIsBetter: true,
    work,
    async measure(agent) {
      return RunningAgent.use(
        agent,
        work,
        async (running) => {
          if (until === 'listening') return { value: running.listeningAfterMs, rss: running.rss };
          const socket = createSocket('udp4');
          for (let tries = 0; tries < 5_000 && sizeOf(running.work.out) === 0; tries += 1) {
            socket.send(PROBE, running.work.port, '127.0.0.1');
            await sleep(1);
          }
          socket.close();
          return { value: Date.now() - running.startedAtMs, rss: running.rss };
        },
        { warmUp: false },
      );
    },
  };
}

/** Resident memory two seconds after the start. */
export function idleMemory({ name, title }) {
  const work = { input: 'tcp', output: 'file', warnings: true };
  return {
    name,
    title,
    unit: 'MB',
    lessIsBetter: true,
    work,
    async measure(agent) {
      return RunningAgent.use(agent, work, async (running) => {
        await sleep(1_500);
        return { value: running.rss, rss: running.peakRss };
      });
    },
  };
}

/** From the write of an edited file of so many components until the collector says it is in effect. */
export function reload({ name, title, components }) {
  const work = { input: 'tcp', output: 'file' };
  return {
    name,
    title,
    unit: 'ms',
    lessIsBetter: true,
    work,
    yaml: (context) => manyComponents(collectorYaml({ ...work, ...context }), components, 'warning'),
    only: isCollector,
    async measure(agent) {
      const edited = (level) => ({
        ...agent,
        yaml: (w) => manyComponents(agent.yaml(w), components, level),
        command(w) {
          const command = agent.command(w);
          writeFileSync(join(w.directory, 'collector.yaml'), this.yaml(w));
          return command;
        },
      });
      return RunningAgent.use(edited('warning'), work, async (running) => {
        const file = join(running.work.directory, 'collector.yaml');
        writeFileSync(file, edited('error').yaml(running.work));
        const from = Date.now();
        for (let tries = 0; tries < 5_000; tries += 1) {
          const took = /took the edit over in (\d+) ms/.exec(running.log)?.[1];
          if (took !== undefined) return { value: Number(took), waited: Date.now() - from, rss: running.peakRss };
          await sleep(2);
        }
        throw new Error(`no edit was taken over:\n${running.log.slice(-500)}`);
      });
    },
  };
}

/** `validate` of a file with so many components, less what the same command takes for a file with hardly any. */
export function validation({ name, title, components }) {
  const work = { input: 'tcp', output: 'file' };
  return {
    name,
    title,
    unit: 'ms',
    lessIsBetter: true,
    work,
    yaml: (context) => manyComponents(collectorYaml({ ...work, ...context }), components, 'warning'),
    only: isCollector,
    async measure(agent) {
      const directory = makeFolder('validate-');
      const context = { ...work, directory, port: 1, out: join(directory, 'out.log') };
      const [node, program] = agent.command(context);
      const small = quickest([node, program, 'validate', '-c', join(directory, 'collector.yaml')]);
      writeFileSync(join(directory, 'large.yaml'), manyComponents(agent.yaml(context), components, 'warning'));
      const large = quickest([node, program, 'validate', '-c', join(directory, 'large.yaml')]);
      rmSync(directory, { recursive: true });
      return { value: large - small, whole: large };
    },
  };
}

/** Of three: the others met a busier machine. */
function quickest(command) {
  return Math.min(timeOf(command), timeOf(command), timeOf(command));
}

function timeOf(command) {
  const from = performance.now();
  const { status, stderr } = spawnSync(...pinned(AGENT_CORE, command), { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - from;
}

function isCollector({ name }) {
  return name.startsWith('collector') && !name.includes('disk');
}
