/** Who takes part, in the order of the table. The first is the one that ratios are of. */
import { collector, withoutAddon } from './collector.mjs';
import { fluentBit } from './fluent-bit.mjs';
import { otelcol } from './otelcol.mjs';
import { rsyslog } from './rsyslog.mjs';
import { syslogNg } from './syslog-ng.mjs';
import { vector } from './vector.mjs';

const queued = ({ output, synced }) => output === 'http' || synced === true;
const threaded = ({ threads }) => threads === true;
const { LNMT_COLLECTOR_BEFORE: before } = process.env;

export const agents = [
  // Peers keep what waits in memory; so does this one here, and beside it the default.
  collector('collector', { queue: 'memory' }),
  collector('collector, disk queue', { only: queued }),
  ...[1, 2].flatMap((workers) => [
    collector(`collector, workers: ${workers}`, { queue: 'memory', workers, only: threaded }),
    collector(`collector, disk queue, workers: ${workers}`, { workers, only: threaded }),
  ]),
  // As where there is no compiler.
  collector('collector, plain UDP', { queue: 'memory', program: withoutAddon(), only: ({ input }) => input === 'udp' }),
  // Another build, to see what a change was worth.
  ...(before ? [collector('collector before', { queue: 'memory', program: before })] : []),
  rsyslog,
  syslogNg,
  fluentBit,
  otelcol,
  vector,
];
