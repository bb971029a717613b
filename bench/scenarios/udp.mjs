/** The highest rate of datagrams at which none is lost, by steps; and what a modest rate costs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { linesOf, sizeOf } from '../lib/output.mjs';
import { generate } from '../lib/programs.mjs';
import { RunningAgent } from '../lib/running-agent.mjs';

const STEPS = [
  50, 75, 100, 125, 150, 175, 200, 225, 250, 275, 300, 350, 400, 450, 500, 600, 700, 800, 900, 1_000, 1_200,
].map((k) => k * 1_000);
const SECONDS = 1;
/** One in a thousand: a machine with others on it stalls now and then. */
const TOLERATED = 0.001;

export function udpWithoutLoss({ name, title, format }) {
  const work = { input: 'udp', output: 'file', warnings: true, format };
  return {
    name,
    title,
    unit: 'messages/s',
    work,
    async measure(agent) {
      return RunningAgent.use(agent, work, async (running) => {
        let best = 0;
        for (const rate of STEPS) {
          const clean = await cleanBurst(running, rate, format);
          best = clean ?? best;
          // Lost each time, or more than the generator can send.
          if (clean === undefined || clean < rate * 0.95) break;
        }
        return { value: best, rss: running.peakRss };
      });
    },
  };
}

/** CPU seconds for a million messages. */
export function udpCost({ name, title, rate = 20_000 }) {
  const work = { input: 'udp', output: 'file', warnings: true };
  return {
    name,
    title,
    unit: 'CPU s/M',
    lessIsBetter: true,
    work,
    async measure(agent) {
      return RunningAgent.use(agent, work, async (running) => {
        await burst(running, rate);
        const before = running.cpuSeconds;
        let lost = 0;
        for (let second = 0; second < 3; second += 1) lost += (await burst(running, rate)).loss * rate;
        return {
          value: ((running.cpuSeconds - before) * 1_000_000) / (3 * rate * SECONDS),
          lost: Math.round(lost),
          rss: running.peakRss,
        };
      });
    },
  };
}

/** The rate that was sent without loss; undefined if each of three tries lost some, since a stall of the machine spoils one. */
async function cleanBurst(running, rate, format) {
  for (let tries = 0; tries < 3; tries += 1) {
    const { loss, reached } = await burst(running, rate, format);
    if (loss <= TOLERATED) return reached;
  }
  return undefined;
}

async function burst(running, rate, format = 3164) {
  const { port, out } = running.work;
  const from = sizeOf(out);
  const dropsBefore = running.droppedDatagrams;
  const { sent, warnings, seconds } = await generate([
    '-u',
    '-p',
    port,
    '-r',
    rate,
    '-n',
    rate * SECONDS,
    '-f',
    format,
  ]);
  const { lines } = await linesOf(out, warnings, { from, idleMs: running.settleMs });
  // What still comes must not be counted for the next step.
  if (lines < warnings) await sleep(running.settleMs);
  const dropped = running.droppedDatagrams - dropsBefore;
  return { loss: Math.max(dropped / sent, 1 - lines / warnings), reached: sent / seconds };
}
