/** Vector: VECTOR names the program. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './installed.mjs';
import { CONCURRENCY, FAILED } from './work.mjs';

const program = onPath(process.env.VECTOR ?? 'vector');

export const vector = {
  name: 'vector',
  isInstalled: () => program !== undefined,
  missing: 'no vector: set VECTOR',
  settleMs: 1_800,
  can: ({ realistic, pipelines, keys, input }) => !realistic && !pipelines && !keys && input !== 'http',
  command(work) {
    const file = join(work.directory, 'vector.json');
    writeFileSync(file, JSON.stringify(configuration(work), null, 2));
    return [program, '--quiet', '--threads', '1', '--config', file];
  },
};

function configuration({ input, port, logFile, warnings, output, out, sinkPort, batch, directory }) {
  const source =
    input === 'tail'
      ? { type: 'file', include: [logFile], read_from: 'beginning' }
      : {
          type: 'syslog',
          mode: input,
          address: `127.0.0.1:${port}`,
          ...(input === 'udp' && { receive_buffer_bytes: 4_194_304 }),
        };
  const condition =
    input === 'tail'
      ? `contains(string!(.message), "${FAILED}")`
      : 'includes(["emerg", "alert", "crit", "err", "warning"], .severity)';
  const sink =
    output === 'file'
      ? { type: 'file', path: out, encoding: { codec: 'text' } }
      : {
          type: 'http',
          uri: `http://127.0.0.1:${sinkPort}/`,
          encoding: { codec: 'json' },
          batch: { max_events: batch ?? 1, timeout_secs: 1 },
          request: { concurrency: CONCURRENCY },
        };
  return {
    data_dir: directory,
    sources: { in: source },
    transforms: warnings ? { some: { type: 'filter', inputs: ['in'], condition } } : {},
    sinks: { out: { ...sink, inputs: [warnings ? 'some' : 'in'] } },
  };
}
