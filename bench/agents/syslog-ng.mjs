/** syslog-ng: SYSLOG_NG names the program. Stock settings but for what every agent is given: buffers, batches, workers. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './installed.mjs';
import { CONCURRENCY, FAILED } from './work.mjs';

const program = onPath(process.env.SYSLOG_NG ?? 'syslog-ng');

export const syslogNg = {
  name: 'syslog-ng',
  isInstalled: () => program !== undefined,
  missing: 'no syslog-ng: apt-get install syslog-ng-core, or set SYSLOG_NG',
  can: ({ input, pipelines, keys }) => input !== 'http' && !pipelines && !keys,
  command(work) {
    const file = join(work.directory, 'syslog-ng.conf');
    const own = (name) => join(work.directory, name);
    writeFileSync(file, configuration(work));
    return [program, '-F', '--no-caps', '-f', file, '-R', own('persist'), '-p', own('pid'), '-c', own('control')];
  },
};

function configuration(work) {
  const { input, realistic, warnings, out } = work;
  const filters = {
    none: '',
    level: 'filter f { level(warning..emerg); };',
    text: `filter f { message("${FAILED}" type(string) flags(substring)); };`,
    both: `filter f { level(warning..emerg) and message("${FAILED}" type(string) flags(substring)); };
parser p { kv-parser(prefix(".kv.")); };
rewrite e { set("fra1" value("SITE")); set("$HOST/$PROGRAM" value("ORIGIN")); set-tag("production"); };
filter l { rate-limit(template("$HOST") rate(100000000)); };
destination j { file("${out}.json" template("$(format-json --scope rfc5424 --key .kv.* SITE=$SITE ORIGIN=$ORIGIN)\\n")); };`,
  };
  const kind = realistic ? 'both' : !warnings ? 'none' : input === 'tail' ? 'text' : 'level';
  const path = {
    none: '',
    level: 'filter(f);',
    text: 'filter(f);',
    both: 'filter(f); parser(p); rewrite(e); filter(l);',
  }[kind];
  const flow = input === 'udp' ? '' : 'flags(flow-control);';
  return `@version: 3.38
options { keep-hostname(yes); use-dns(no); stats-freq(0); };
source s { ${source(work)} };
destination d { ${destination(work)} };
${filters[kind]}
log { source(s); ${path} destination(d); ${realistic ? 'destination(j);' : ''} ${flow} };
`;
}

function source({ input, port, format, output, logFile }) {
  if (input === 'tail') return `file("${logFile}" flags(no-parse));`;
  const flags = format === 5424 ? ' flags(syslog-protocol)' : '';
  if (input === 'udp') return `network(transport("udp") ip("127.0.0.1") port(${port}) so-rcvbuf(4194304)${flags});`;
  const window = output === 'http' ? ' log-iw-size(1000000) log-fetch-limit(1000)' : '';
  return `network(transport("tcp") ip("127.0.0.1") port(${port}) max-connections(100)${window}${flags});`;
}

function destination({ output, out, sinkPort, batch }) {
  if (output === 'file') return `file("${out}");`;
  const batching = batch
    ? ` batch-lines(${batch}) batch-timeout(1000) body-prefix("[") delimiter(",") body-suffix("]")`
    : '';
  return `http(url("http://127.0.0.1:${sinkPort}/") method("POST") headers("Content-Type: application/json") body('{"host":"$HOST","msg":"$(sanitize $MSG)"}')${batching} workers(${CONCURRENCY}));`;
}
