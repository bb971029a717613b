/** OpenTelemetry Collector (contrib): OTELCOL names the program. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './installed.mjs';
import { FAILED } from './work.mjs';

const program = onPath(process.env.OTELCOL ?? 'otelcol-contrib');

export const otelcol = {
  name: 'otelcol',
  isInstalled: () => program !== undefined,
  missing: 'no otelcol-contrib: set OTELCOL',
  // Its HTTP output is OTLP, which is other work.
  can: ({ realistic, pipelines, keys, input, output }) =>
    output === 'file' && !realistic && !pipelines && !keys && input !== 'http',
  command(work) {
    const file = join(work.directory, 'otelcol.json');
    writeFileSync(file, JSON.stringify(configuration(work), null, 2));
    return [program, '--config', file];
  },
};

function configuration({ input, port, logFile, format, warnings, out }) {
  const receivers =
    input === 'tail'
      ? { filelog: { include: [logFile], start_at: 'beginning' } }
      : { syslog: { [input]: { listen_address: `127.0.0.1:${port}` }, protocol: `rfc${format ?? 3164}` } };
  const condition = input === 'tail' ? `not IsMatch(body, "${FAILED}")` : 'severity_number < SEVERITY_NUMBER_WARN';
  const processors = warnings ? { filter: { logs: { log_record: [condition] } } } : {};
  return {
    receivers,
    processors,
    exporters: { file: { path: out } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        logs: { receivers: Object.keys(receivers), processors: Object.keys(processors), exporters: ['file'] },
      },
    },
  };
}
