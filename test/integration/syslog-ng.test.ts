/** A real syslog-ng as a sender, where there is one: in PATH, or named by SYSLOG_NG. It brings its own TLS. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { options, started } from '../receivers/syslog/support.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { sharedDirectory } from '../support/temporary.ts';

const syslogNg = [
  process.env['SYSLOG_NG'] ?? '',
  ...(process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'syslog-ng')),
  '/usr/sbin/syslog-ng',
].find((file) => file !== '' && existsSync(file));

if (!syslogNg) process.stderr.write('syslog-ng.test.ts: skipped, no syslog-ng in PATH nor in SYSLOG_NG\n');

const RICH =
  '<33>1 2026-01-10T10:11:12.123456+01:00 web1 sshd 77 ID9 [a@1 k="v \\"w\\" \\]"][b@1 x="1"] zwei Wörter\nand a line';
const OLD = '<34>Oct 11 22:14:15 web1 su[230]: failed';

describe.skipIf(!syslogNg)('syslog-ng forwards', () => {
  const directory = sharedDirectory();
  const daemons: ChildProcess[] = [];

  beforeAll(async () => {
    const pair = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2_048, algorithm: 'sha256' });
    writeFileSync(join(directory, 'cert.pem'), pair.cert);
    writeFileSync(join(directory, 'key.pem'), pair.private);
  });

  afterAll(() => {
    for (const daemon of daemons) daemon.kill('SIGKILL');
  });

  /** The port at which a daemon takes RFC 5424, counted; it sends everything on to `destination`. */
  async function forwarding(destination: string): Promise<number> {
    const port = await freePort();
    const file = (name: string): string => join(directory, `${port}.${name}`);
    writeFileSync(
      file('conf'),
      `@version: 3.35
options { keep-hostname(yes); frac-digits(6); stats-freq(0); };
source s { syslog(ip("127.0.0.1") port(${port}) transport("tcp")); };
log { source(s); destination { ${destination}; }; };
`,
    );
    const paths = ['-f', file('conf'), '-p', file('pid'), '-c', file('ctl'), '-R', file('persist')];
    daemons.push(spawn(syslogNg!, ['-F', '--no-caps', ...paths], { stdio: 'ignore' }));
    await eventually(() => listens(port), 'it listens');
    return port;
  }

  const certificates = { cert_file: join(directory, 'cert.pem'), key_file: join(directory, 'key.pem') };
  test.each([
    ['RFC 5424 over UDP', 'udp', (port: number) => `syslog("127.0.0.1" port(${port}) transport("udp"))`],
    ['RFC 5424 over TCP, counted', 'tcp', (port: number) => `syslog("127.0.0.1" port(${port}) transport("tcp"))`],
    [
      'RFC 5424 over TLS, counted',
      'tls',
      (port: number) =>
        `syslog("127.0.0.1" port(${port}) transport("tls") tls(peer-verify(required-untrusted) ca-file("${certificates.cert_file}")))`,
    ],
    ['RFC 3164 over TCP, lines', 'tcp', (port: number) => `network("127.0.0.1" port(${port}) transport("tcp"))`],
    ['RFC 3164 over UDP', 'udp', (port: number) => `network("127.0.0.1" port(${port}) transport("udp"))`],
  ])('%s', async (name, scheme, destination) => {
    const tls = scheme === 'tls' ? { tls: { ...certificates, client_auth: 'none' as const } } : {};
    const { sink, port, context } = await started(options(`${scheme}://127.0.0.1:0`, tls));
    const source = connect(await forwarding(destination(port())), '127.0.0.1');
    for (const text of [RICH, OLD]) source.write(`${Buffer.byteLength(text)} ${text}`);
    await eventually(() => sink.events.some(({ source: app }) => app === 'su'), 'the last one arrived');
    source.destroy();
    const found = (app: string) => sink.events.find((event) => event.source === app);
    expect(found('su')).toMatchObject({ level: 'critical', eventType: 'critical_error', message: 'failed' });
    expect(found('su')!.metadata).toMatchObject({ facility: 'auth', hostname: 'web1', procid: '230' });
    expect(found('sshd')!.metadata).toMatchObject({ severity: 'alert', hostname: 'web1', procid: '77' });
    if (name.startsWith('RFC 5424')) {
      expect(found('sshd')!.timestamp).toBe(Date.parse('2026-01-10T10:11:12.123+01:00'));
      expect(found('sshd')!.message).toBe('zwei Wörter\nand a line');
      expect(found('sshd')!.metadata).toMatchObject({
        msgid: 'ID9',
        structured_data: { 'a@1': { k: 'v "w" ]' }, 'b@1': { x: '1' } },
      });
    } else {
      expect(found('sshd')!.message).toContain('zwei Wörter');
    }
    expect(context.counts['framing_errors']).toBe(0);
  });
});

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
