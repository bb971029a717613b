/** Preloaded into a program under test: at SIGUSR2 it collects garbage and says on stderr what is still held, and what is open. */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
// Code that was not run for five collections is thrown away, to be compiled again: with as many as these nothing would
// ever be warm.
setFlagsFromString('--no-flush-bytecode');
const collect = /** @type {() => void} */ (runInNewContext('gc'));

process.on('SIGUSR2', () => void probe());

async function probe() {
  // What a finalizer, or the end of something under way, lets go of is found by the next one.
  for (let round = 0; round < 10; round += 1) {
    collect();
    await sleep(50);
  }
  /** @type {Record<string, number>} */
  const open = {};
  for (const kind of process.getActiveResourcesInfo()) open[kind] = (open[kind] ?? 0) + 1;
  const message = `heap of ${process.memoryUsage().heapUsed} bytes`;
  process.stderr.write(`${JSON.stringify({ level: 'info', logger: 'heap-probe', message, open })}\n`);
}
