/** HTTP in → HTTP out: 32 clients post batches of events and wait for each answer. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { withSink } from '../lib/programs.mjs';
import { freePort, RunningAgent } from '../lib/running-agent.mjs';
import { allOf } from './throughput.mjs';

const CLIENTS = 32;

export function httpToHttp({ name, title, events = 300_000, perRequest = 50 }) {
  const work = { input: 'http', output: 'http', batch: 100, sinkPort: 0 };
  return {
    name,
    title,
    unit: 'events/s',
    work,
    async measure(agent) {
      const sinkPort = freePort();
      const connections = new Agent({ keepAlive: true, maxSockets: CLIENTS });
      return withSink(sinkPort, (sink) =>
        RunningAgent.use(agent, { ...work, sinkPort }, async (running) => {
          let next = 0;
          const client = async () => {
            while (next < events) {
              const text = body(next, perRequest);
              next += perRequest;
              // Told to come again later, as a sender is whom the queue has no room for.
              while (!(await post(running.work.port, text, connections))) await sleep(20);
            }
          };
          const beganAtMs = Date.now();
          await Promise.all(Array.from({ length: CLIENTS }, client));
          const report = await allOf(sink, events);
          return {
            value: (report.events * 1_000) / (report.lastMs - beganAtMs),
            lost: events - report.events,
            rss: running.peakRss,
          };
        }),
      );
    },
  };
}

function body(from, count) {
  const stamp = '0000000000000000001';
  return JSON.stringify(
    Array.from({ length: count }, (_, index) => ({
      level: 'warning',
      source: 'bench',
      title: 'a login',
      message: `seq=${String(from + index).padStart(10, '0')} tns=${stamp} user=alice action=login result=failed`,
      metadata: { hostname: `host${index % 16}`, attempt: index },
    })),
  );
}

/** Whether it was taken. */
function post(port, text, agent) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const sending = request(
      { host: '127.0.0.1', port, path: '/v1/events', method: 'POST', agent, headers },
      (answer) => {
        answer.resume().on('end', () => {
          if (answer.statusCode >= 200 && answer.statusCode <= 299) resolve(true);
          else if (answer.statusCode === 429 || answer.statusCode === 503) resolve(false);
          else reject(new Error(`answered ${answer.statusCode}`));
        });
      },
    );
    sending.on('error', reject).end(text);
  });
}
