/** Fluent Bit: FLUENT_BIT names the program. It always batches: it takes no part where a POST is to carry one event. */
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { onPath } from './installed.mjs';
import { FAILED } from './work.mjs';

const program = onPath(process.env.FLUENT_BIT ?? 'fluent-bit');

export const fluentBit = {
  name: 'fluent-bit',
  isInstalled: () => program !== undefined,
  missing: 'no fluent-bit: set FLUENT_BIT',
  // Written once a second.
  settleMs: 1_800,
  can: ({ output, batch, realistic, pipelines, keys }) =>
    !(output === 'http' && !batch) && !realistic && !pipelines && !keys,
  command(work) {
    const file = join(work.directory, 'fluent-bit.conf');
    writeFileSync(join(work.directory, 'parsers.conf'), PARSERS);
    writeFileSync(file, configuration(work));
    return [program, '-c', file];
  },
};

const PARSERS = `[PARSER]
    Name rfc3164
    Format regex
    Regex /^<(?<pri>[0-9]{1,3})>(?<time>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}) (?<host>[^ ]+) (?<ident>[^:\\[ ]+)(?:\\[(?<pid>[0-9]+)\\])?: ?(?<message>.*)$/
    Time_Key time
    Time_Format %b %d %H:%M:%S
    Time_Keep On
[PARSER]
    Name rfc5424
    Format regex
    Regex /^<(?<pri>[0-9]{1,3})>1 (?<time>[^ ]+) (?<host>[^ ]+) (?<ident>[^ ]+) (?<pid>[^ ]+) (?<msgid>[^ ]+) (?<sd>-|(?:\\[[^\\]]*\\])+) ?(?<message>.*)$/
    Time_Key time
    Time_Format %Y-%m-%dT%H:%M:%S.%L%z
    Time_Keep On
`;

function configuration(work) {
  const { warnings, input, output, out, sinkPort, directory } = work;
  return `[SERVICE]
    flush 1
    daemon off
    log_level error
    parsers_file ${directory}/parsers.conf
[INPUT]
${source(work)}
${warnings ? `[FILTER]\n    name grep\n    match *\n    regex ${input === 'tail' ? `log ${FAILED}` : 'pri ^(13[0-2]|12[89])$'}` : ''}
[OUTPUT]
    match *
${output === 'file' ? `    name file\n    path ${dirname(out)}\n    file ${basename(out)}` : `    name http\n    host 127.0.0.1\n    port ${sinkPort}\n    uri /\n    format json_lines`}
`;
}

function source({ input, port, format, logFile }) {
  if (input === 'tail') return `    name tail\n    path ${logFile}\n    read_from_head true`;
  if (input === 'http') return `    name http\n    listen 127.0.0.1\n    port ${port}`;
  const syslog = `    name syslog\n    mode ${input}\n    listen 127.0.0.1\n    port ${port}\n    parser rfc${format ?? 3164}\n    buffer_chunk_size 65536`;
  return input === 'udp' ? `${syslog}\n    receive_buffer_size 4194304` : `${syslog}\n    buffer_max_size 1M`;
}
