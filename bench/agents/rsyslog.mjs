/** rsyslog: RSYSLOGD names the program, RSYSLOG_MODULES its modules; else what $LNMT_PEERS or the path has. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './installed.mjs';
import { FAILED } from './work.mjs';

const unpacked = process.env.LNMT_PEERS ?? '/opt/peers/root';
const libraries = join(unpacked, 'usr/lib/x86_64-linux-gnu');
const isUnpacked = !process.env.RSYSLOGD && existsSync(join(unpacked, 'usr/sbin/rsyslogd'));
const program = isUnpacked ? join(unpacked, 'usr/sbin/rsyslogd') : onPath(process.env.RSYSLOGD ?? 'rsyslogd');
const modules = process.env.RSYSLOG_MODULES ?? (isUnpacked ? join(libraries, 'rsyslog') : undefined);

/** Debian has no omhttp: omelasticsearch stands in, which writes a line of its own before each event of a batch. */
const posts = modules !== undefined && existsSync(join(modules, 'omelasticsearch.so'));

/** Nothing that was taken is only in memory: each message is written and synced before the next one is taken. */
const SYNCED =
  ' queue.type="Disk" queue.filename="queue" queue.syncQueueFiles="on" queue.checkpointInterval="100" queue.maxDiskSpace="1g"';

export const rsyslog = {
  name: 'rsyslog',
  syncsEach: true,
  isInstalled: () => program !== undefined,
  missing: 'no rsyslogd: set RSYSLOGD',
  // This build has no rate limit by key; with each message synced twice, POSTs come to nothing in the time there is.
  can: ({ output, realistic, synced, input, pipelines, keys }) =>
    (output === 'file' || (posts && !synced)) && !realistic && input !== 'http' && !pipelines && !keys,
  environment: isUnpacked ? { LD_LIBRARY_PATH: libraries } : {},
  command(work) {
    const file = join(work.directory, 'rsyslog.conf');
    writeFileSync(file, configuration(work));
    return [program, '-n', '-f', file, '-i', join(work.directory, 'pid'), ...(modules ? ['-M', modules] : [])];
  },
};

function configuration({ input, port, logFile, warnings, output, out, sinkPort, batch, directory, synced }) {
  const inputs = {
    udp: ['imudp', `input(type="imudp" address="127.0.0.1" port="${port}" rcvbufSize="4m" ruleset="r")`],
    tcp: ['imptcp', `input(type="imptcp" address="127.0.0.1" port="${port}" ruleset="r")`],
    tail: ['imfile', `input(type="imfile" file="${logFile}" tag="t" ruleset="r")`],
  };
  const [module, statement] = inputs[input];
  const condition = input === 'tail' ? `$msg contains "${FAILED}"` : '$syslogseverity <= 4';
  const action =
    output === 'file'
      ? `action(type="omfile" file="${out}")`
      : `action(type="omelasticsearch" server="127.0.0.1" serverport="${sinkPort}" template="body" searchIndex="l" searchType="" bulkmode="${batch ? 'on' : 'off'}" action.resumeRetryCount="-1")`;
  return `global(workDirectory="${directory}")
${batch ? `main_queue(queue.dequeueBatchSize="${batch}")` : ''}
module(load="${module}")
${output === 'file' ? '' : `module(load="omelasticsearch")\ntemplate(name="body" type="string" string="{\\"host\\": \\"%HOSTNAME%\\", \\"msg\\": \\"%msg:::json%\\"}")`}
${statement}
ruleset(name="r"${synced ? SYNCED : ''}) { ${warnings ? `if (${condition}) then ` : ''}${action} }
`;
}
