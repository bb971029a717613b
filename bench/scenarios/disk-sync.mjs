/**
 * What it costs that nothing that was taken is only in memory: events a second through a queue on disk
 * that syncs, how many syncs that takes, and how many bytes an event writes.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOf, sizeOf } from '../lib/output.mjs';
import { generate, withSink } from '../lib/programs.mjs';
import { freePort, RunningAgent } from '../lib/running-agent.mjs';
import { allOf } from './throughput.mjs';

/** A run of its own counts syncs: filtered in the kernel, all other calls go on untraced. */
const TRACE = ['strace', '-D', '-f', '-qq', '--seccomp-bpf', '-e', 'trace=fsync,fdatasync,sync_file_range', '-o'];
const canTrace = spawnSync('strace', ['-D', '-f', '-qq', '--seccomp-bpf', '-o', '/dev/null', 'true']).status === 0;

/** TCP → queue on disk → file, or POSTs of `batch` events. One that syncs each message would take minutes for what others do in a second: it gets fewer. */
export function diskSync({ name, title, output, batch, messages = 300_000, messagesSyncedEach = 20_000 }) {
  const work = { input: 'tcp', output, batch, synced: true, warnings: false, sinkPort: 0 };
  return {
    name,
    title,
    unit: 'events/s',
    compared: 'collector, disk queue',
    work,
    only: ({ name: agent }) => agent.startsWith('collector') || agent === 'rsyslog',
    async measure(agent) {
      const count = agent.syncsEach ? messagesSyncedEach : messages;
      const { syncs: _, ...plain } = await through(agent, work, count);
      if (!canTrace) return plain;
      const { syncs, seconds } = await through(traced(agent), work, count);
      return { ...plain, syncsPerSecond: syncs / seconds, eventsPerSync: syncs > 0 ? count / syncs : undefined };
    },
  };
}

function through(agent, work, count) {
  return work.output === 'file' ? intoFile(agent, work, count) : intoSink(agent, work, count);
}

function intoFile(agent, work, count) {
  return RunningAgent.use(agent, work, async (running) => {
    const before = usage(running);
    const { beganAtMs } = await generate(['-p', running.work.port, '-n', count]);
    const { lines, lastMs } = await linesOf(running.work.out, count, { idleMs: 10_000 });
    return figures(running, before, { count, lines, ms: lastMs - beganAtMs, delivered: sizeOf(running.work.out) });
  });
}

function intoSink(agent, work, count) {
  const sinkPort = freePort();
  return withSink(sinkPort, (sink) =>
    RunningAgent.use(agent, { ...work, sinkPort }, async (running) => {
      await sink.report(true);
      const before = usage(running);
      const generated = generate(['-p', running.work.port, '-n', count]);
      const { events, lastMs } = await allOf(sink, count);
      const { beganAtMs } = await generated;
      return figures(running, before, { count, lines: events, ms: lastMs - beganAtMs, delivered: 0 });
    }),
  );
}

/** Bytes are those of the queue: without the lines that were delivered into a file. */
function figures(running, before, { count, lines, ms, delivered }) {
  const after = usage(running);
  return {
    value: (lines * 1_000) / ms,
    seconds: ms / 1_000,
    lost: count - lines,
    cpu: after.cpu - before.cpu,
    rss: running.peakRss,
    syncs: after.syncs - before.syncs,
    bytesPerEvent: Math.max(0, after.written - before.written - delivered) / count,
  };
}

function usage(running) {
  return { cpu: running.cpuSeconds, written: running.writtenBytes, syncs: syncsIn(traceOf(running.work)) };
}

function traced(agent) {
  return { ...agent, command: (work) => [...TRACE, traceOf(work), ...agent.command(work)] };
}

const traceOf = ({ directory }) => join(directory, 'trace.txt');

/** A call that another thread's call cuts in two has two lines. */
function syncsIn(path) {
  if (sizeOf(path) === 0) return 0;
  return readFileSync(path, 'latin1')
    .split('\n')
    .filter((line) => /\b(fsync|fdatasync|sync_file_range)\(/.test(line)).length;
}
