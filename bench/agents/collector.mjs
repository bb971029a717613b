/** This collector, as built: LNMT_COLLECTOR names another dist/main.js to measure instead. */
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONCURRENCY, FAILED } from './work.mjs';

const BUILT = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** A copy of the build without what was compiled: the program's path. */
export function withoutAddon() {
  const program = process.env.LNMT_COLLECTOR ?? BUILT;
  const copy = fileURLToPath(new URL('../bin/plain', import.meta.url));
  rmSync(copy, { recursive: true, force: true });
  if (existsSync(program))
    cpSync(dirname(program), copy, { recursive: true, filter: (path) => basename(path) !== 'native' });
  return join(copy, basename(program));
}

/** `queue`: what http exporters are given; `program`: the main.js. */
export function collector(name, { queue, workers = 0, program = process.env.LNMT_COLLECTOR ?? BUILT, only } = {}) {
  return {
    name,
    isInstalled: () => existsSync(program),
    missing: `${program} is not built: npm run build`,
    can: (work) => only?.(work) ?? true,
    yaml: (work) => collectorYaml(work, queue, workers),
    command(work) {
      const file = join(work.directory, 'collector.yaml');
      writeFileSync(file, collectorYaml(work, queue, workers));
      return [process.execPath, program, 'run', '--config', file];
    },
  };
}

export function collectorYaml(work, queue, workers = 0) {
  return [
    'receivers:',
    `  in: ${receiver(work)}`,
    ...exporters(work, queue),
    ...pipelines(work),
    'service:',
    `  storage: { directory: ${work.directory}/state }`,
    '  admin: { listen: 127.0.0.1:0 }',
    ...(workers > 0 ? [`  workers: ${workers}`] : []),
    '',
  ].join('\n');
}

function receiver({ input, port, logFile, format }) {
  // As the peers: a line is a line.
  if (input === 'tail') return `{ type: file, include: ${logFile}, start_at: beginning, format: text }`;
  if (input === 'http') return `{ type: http, listen: http://127.0.0.1:${port} }`;
  return `{ type: syslog, listen: ${input}://127.0.0.1:${port}, format: rfc${format ?? 3164} }`;
}

function exporters({ output, realistic, out, sinkPort, batch, synced }, queue) {
  if (output === 'file') {
    return [
      'exporters:',
      `  out: { type: file, path: ${out}, format: raw${synced && !queue ? ', queue: { type: disk }' : ''} }`,
      ...(realistic ? [`  json: { type: file, path: ${out}.json, format: json }`] : []),
    ];
  }
  return [
    'exporters:',
    '  out:',
    '    type: http',
    `    url: http://127.0.0.1:${sinkPort}/`,
    `    template: '{"host": "{metadata.hostname}", "msg": "{message}"}'`,
    `    concurrency: ${CONCURRENCY}`,
    ...(batch ? [`    batch: { max_events: ${batch}, max_wait: 1s }`] : []),
    ...(queue ? [`    queue: { type: ${queue} }`] : []),
  ];
}

function pipelines({ realistic, pipelines: count = 1, ...work }) {
  const exporterIds = realistic ? '[out, json]' : '[out]';
  const lines = ['pipelines:'];
  for (let index = 1; index <= count; index += 1) {
    const stages = index < count ? ['filter: { min_level: critical }'] : processors(work, realistic);
    lines.push(`  p${index}:`, '    receivers: [in]', `    exporters: ${exporterIds}`);
    if (stages.length > 0) lines.push('    processors:', ...stages.map((stage) => `      - ${stage}`));
  }
  return lines;
}

function processors({ input, warnings, keys }, realistic) {
  const stages = [];
  if (realistic) {
    stages.push(
      `filter: { when: 'level >= warning && message.contains("${FAILED}")' }`,
      'parse: { format: logfmt }',
      "enrich: { set: { site: fra1, origin: '{{ metadata.hostname }}/{{ source }}' }, tags: [production] }",
      'ratelimit: { max_per_window: 100000000, window: 1m, by: [metadata.hostname] }',
    );
  } else if (warnings && input === 'tail') stages.push(`filter: { when: 'message.contains("${FAILED}")' }`);
  else if (warnings) stages.push('filter: { min_level: warning }');
  if (keys)
    stages.push('ratelimit: { max_per_window: 100000000, window: 1m, by: [metadata.procid], max_keys: 200000 }');
  return stages;
}
