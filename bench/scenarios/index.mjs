/** Every scenario, in the order of the table. `npm run bench -- --list` prints them. */
import { httpToHttp } from './http-in.mjs';
import { diskSync } from './disk-sync.mjs';
import { tailToFile, tcpToFile, tcpToHttp } from './throughput.mjs';
import { udpCost, udpWithoutLoss } from './udp.mjs';
import { idleMemory, latency, reload, start, validation } from './waiting.mjs';

export const scenarios = [
  tcpToFile({ name: 'tcp', title: 'TCP, RFC 3164 → severity filter → file' }),
  tcpToFile({ name: 'tcp-5424', title: 'TCP, RFC 5424 → severity filter → file', format: 5424 }),
  tcpToFile({ name: 'tcp-10', title: 'TCP, 10 connections → severity filter → file', connections: 10 }),
  tcpToFile({ name: 'tcp-all', title: 'TCP → file, every message', warnings: false, messages: 1_000_000 }),
  tailToFile({ name: 'tail', title: 'log file of 400 MB → text filter → file' }),
  tcpToFile({
    name: 'realistic',
    title: 'TCP → condition, parse, enrich, rate limit → two files',
    realistic: true,
    messages: 500_000,
  }),
  tcpToHttp({ name: 'http', title: 'TCP → one POST per event', messages: 60_000 }),
  tcpToHttp({ name: 'http-batched', title: 'TCP → POSTs of 100 events', messages: 1_000_000, batch: 100 }),
  // All of the machine's cores, which generator and sink share.
  ...[
    { name: 'workers', title: 'all cores: TCP → one POST per event', messages: 60_000 },
    { name: 'workers-batched', title: 'all cores: TCP → POSTs of 100 events', messages: 300_000, batch: 100 },
  ].map((scenario) => tcpToHttp({ ...scenario, threads: true, allCores: true })),
  diskSync({ name: 'disk-sync', title: 'TCP → queue on disk, synced → file', output: 'file' }),
  diskSync({ name: 'disk-sync-http', title: 'TCP → queue on disk, synced → POSTs of 100', output: 'http', batch: 100 }),
  httpToHttp({ name: 'http-http', title: 'HTTP in, 50 events a request → POSTs of 100 events' }),
  udpWithoutLoss({ name: 'udp', title: 'UDP, RFC 3164 → filter → file, no loss' }),
  udpWithoutLoss({ name: 'udp-5424', title: 'UDP, RFC 5424 → filter → file, no loss', format: 5424 }),
  udpCost({ name: 'udp-cost', title: 'UDP at 20,000/s' }),
  latency({ name: 'latency', title: 'UDP → POST at 100/s, median', quantile: 'p50Ms' }),
  latency({ name: 'latency-99', title: 'UDP → POST at 100/s, 99th percentile', quantile: 'p99Ms' }),
  start({ name: 'start', title: 'start until it listens', until: 'listening' }),
  start({ name: 'first-event', title: 'start until the first message is in the file', until: 'written' }),
  idleMemory({ name: 'idle', title: 'resident memory, idle' }),
  validation({ name: 'validate', title: 'check of a file of 200 components', components: 200 }),
  reload({ name: 'reload', title: 'edit of a file of 200 components', components: 200 }),
  ...[10, 100].map((pipelines) =>
    tcpToFile({ name: `pipelines-${pipelines}`, title: `TCP → ${pipelines} pipelines`, pipelines, messages: 500_000 }),
  ),
  ...[10, 1_000, 100_000].map((keys) =>
    tcpToFile({
      name: `keys-${keys}`,
      title: `TCP → rate limit by ${keys.toLocaleString('en')} keys → file`,
      warnings: false,
      keys,
      messages: 500_000,
    }),
  ),
];
