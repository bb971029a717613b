/** Against a real rsyslogd, where there is one: in PATH, or named by RSYSLOGD (also one that is only unpacked). */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import syslog from '../../src/exporters/syslog.ts';
import { eventually } from '../support/eventually.ts';
import { deliver, exporterOf } from '../support/exporter.ts';
import { event } from '../support/fakes.ts';
import { sharedDirectory } from '../support/temporary.ts';

const rsyslogd = [
  process.env['RSYSLOGD'] ?? '',
  ...(process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'rsyslogd')),
  '/usr/sbin/rsyslogd',
].find((file) => file !== '' && existsSync(file));
/** Of one that is unpacked elsewhere than it was built for. */
const libraries = join(dirname(rsyslogd ?? ''), '../lib/x86_64-linux-gnu');

if (!rsyslogd) process.stderr.write('rsyslog.test.ts: skipped, no rsyslogd in PATH nor in RSYSLOGD\n');

describe.skipIf(!rsyslogd)('a real rsyslogd', () => {
  const directory = sharedDirectory();
  const output = join(directory, 'out.log');
  const options = { host: '127.0.0.1', hostname: 'collector', event_fields: false };
  let daemon: ChildProcess;
  let port = 0;

  beforeAll(async () => {
    port = await freePort();
    const modules = join(libraries, 'rsyslog');
    const config = join(directory, 'rsyslog.conf');
    writeFileSync(
      config,
      `global(workDirectory="${directory}" parser.escapeControlCharactersOnReceive="off" maxMessageSize="256k")
module(load="imudp") module(load="imtcp")
input(type="imudp" address="127.0.0.1" port="${port}")
input(type="imtcp" address="127.0.0.1" port="${port}")
template(name="all" type="string" string="%pri%|%timestamp:::date-rfc3339%|%hostname%|%app-name%|%procid%|%msgid%|%structured-data%|%msg:::json%\\n")
action(type="omfile" file="${output}" template="all")
`,
    );
    daemon = spawn(
      rsyslogd!,
      ['-n', '-f', config, '-i', join(directory, 'pid'), ...(existsSync(modules) ? ['-M', modules] : [])],
      {
        env: { ...process.env, LD_LIBRARY_PATH: libraries },
        stdio: 'ignore',
      },
    );
    await eventually(() => listens(port), 'it listens');
  });

  afterAll(() => {
    daemon.kill('SIGKILL');
  });

  const lines = (): string[] => (existsSync(output) ? readFileSync(output, 'utf8').split('\n') : []);
  const rich = (message: string) =>
    event({
      level: 'critical',
      title: '',
      message,
      metadata: {
        severity: 'alert',
        facility: 'auth',
        hostname: 'web-1',
        appname: 'sshd',
        procid: '77',
        msgid: 'ID9',
        structured_data: { 'origin@1': { ip: '192.0.2.1', note: 'a "b" ]' } },
      },
    });

  test.for([
    ['tcp', 'octet_counting'],
    ['tcp', 'newline'],
    ['udp', 'newline'],
  ])('reads RFC 5424 over %s, %s', async ([protocol, framing]) => {
    const message = `over ${protocol} ${framing} äöü 😀`;
    const exporter = exporterOf(syslog, { ...options, protocol, framing, port });
    expect(await deliver(exporter, [rich(message), rich(`${message} again`)])).toEqual([{ kind: 'sent' }]);
    await eventually(() => lines().some((line) => line.endsWith(`${message} again`)), 'both are written');
    expect(lines()).toContain(
      String.raw`33|2026-01-15T12:00:00.000Z|web-1|sshd|77|ID9|[origin@1 ip="192.0.2.1" note="a \"b\" \]"]|${message}`,
    );
  });

  test('each level arrives as its severity, under the facility of the option', async () => {
    const levels = ['debug', 'info', 'warning', 'error', 'critical'] as const;
    const exporter = exporterOf(syslog, { ...options, protocol: 'tcp', facility: 'local3', port });
    await deliver(
      exporter,
      levels.map((level) => event({ level, title: '', message: `level ${level}` })),
    );
    await eventually(() => lines().some((line) => line.endsWith('level critical')), 'all are written');
    const priorities = levels.map(
      (level) =>
        lines()
          .find((line) => line.endsWith(`level ${level}`))!
          .split('|', 1)[0],
    );
    expect(priorities).toEqual(['159', '158', '156', '155', '154']);
  });

  test('a long message of multi-byte text arrives whole, and where it is cut, between two characters', async () => {
    const message = 'ä😀'.repeat(10_000);
    for (const max_message_size of [131_072, 8_192]) {
      const exporter = exporterOf(syslog, { ...options, protocol: 'tcp', port, max_message_size });
      await deliver(exporter, [event({ title: '', message: `size ${max_message_size} ${message}` })]);
    }
    const found = (start: string): string =>
      lines()
        .find((line) => line.includes(`|${start} `))
        ?.split('|')
        .at(-1) ?? '';
    await eventually(() => found('size 8192') !== '', 'both are written');
    expect(found('size 131072')).toBe(`size 131072 ${message}`);
    expect(found('size 8192')).toMatch(/^size 8192 (ä😀)+ä?…$/u);
  });

  test('reads RFC 3164', async () => {
    const exporter = exporterOf(syslog, { ...options, protocol: 'tcp', format: 'rfc3164', port });
    await deliver(exporter, [rich('an old one')]);
    await eventually(() => lines().some((line) => line.endsWith('an old one')), 'it is written');
    expect(lines().find((line) => line.endsWith('an old one'))).toMatch(
      /^33\|\d{4}-\d\d-\d\dT.*\|web-1\|sshd\|77\|-\|-\| ?an old one$/,
    );
  });

  test('several lines stay one message, and nothing in them becomes another', async () => {
    const exporter = exporterOf(syslog, { ...options, protocol: 'tcp', port });
    await deliver(exporter, [rich('first\n<0>1 - forged - - - - second'), rich('after it')]);
    await eventually(() => lines().some((line) => line.endsWith('after it')), 'both are written');
    expect(lines().filter((line) => line.includes('forged'))).toEqual([
      expect.stringContaining(String.raw`|first\n<0>1 - forged`),
    ]);
  });

  test('ten thousand events arrive once each, in order', async () => {
    const exporter = exporterOf(syslog, { ...options, protocol: 'tcp', port });
    for (let batch = 0; batch < 40; batch += 1) {
      await deliver(
        exporter,
        Array.from({ length: 250 }, (_, n) => event({ title: '', message: `count ${batch * 250 + n}` })),
      );
    }
    const counts = (): string[] => lines().filter((line) => /count \d+$/.test(line));
    await eventually(() => counts().length >= 10_000, 'all are written');
    expect(counts().map((line) => Number(line.split(' ').at(-1)))).toEqual(Array.from({ length: 10_000 }, (_, n) => n));
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => void socket.destroy());
  });
}
