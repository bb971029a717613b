/** Messages of programs that others wrote: util-linux's logger, and rsyslogd, where they are on this machine. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import { eventually } from '../support/eventually.ts';
import { sharedDirectory } from '../support/temporary.ts';
import { options, started } from '../receivers/syslog/support.ts';

const run = promisify(execFile);

const inPath = (program: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));

const logger = inPath('logger');
/** Also one that is only unpacked, with the libraries beside it. */
const rsyslogd = [process.env['RSYSLOGD'] ?? '', inPath('rsyslogd') ?? ''].find(
  (file) => file !== '' && existsSync(file),
);

if (!logger) process.stderr.write('syslog-senders.test.ts: skipped in part, no logger in PATH\n');
if (!rsyslogd) process.stderr.write('syslog-senders.test.ts: skipped in part, no rsyslogd in PATH nor in RSYSLOGD\n');

const UDP = 'udp://127.0.0.1:0';
const TCP = 'tcp://127.0.0.1:0';

describe.skipIf(!logger)('logger', () => {
  test.each([
    ['UDP, RFC 5424', UDP, ['-d']],
    ['UDP, RFC 3164', UDP, ['-d', '--rfc3164']],
    ['TCP, RFC 5424', TCP, ['-T']],
    ['TCP, RFC 3164', TCP, ['-T', '--rfc3164']],
    ['TCP, counted, RFC 5424', TCP, ['-T', '--octet-count']],
    ['TCP, counted, RFC 3164', TCP, ['-T', '--octet-count', '--rfc3164']],
    ['RFC 5424 without time', UDP, ['-d', '--rfc5424=notime']],
    ['RFC 5424 without host', UDP, ['-d', '--rfc5424=nohost']],
  ])('over %s', async (_, address, more) => {
    const { sink, port, context } = await started(options(address));
    const send = (text: string): Promise<unknown> =>
      run(logger!, [
        '-n',
        '127.0.0.1',
        '-P',
        `${port()}`,
        ...more,
        '-p',
        'auth.err',
        '-t',
        'probe',
        '--id=77',
        '--',
        text,
      ]);
    await send('first äöü');
    await send('second: [x] <13>');
    await eventually(() => sink.events.length === 2, 'both arrived');
    for (const [index, message] of ['first äöü', 'second: [x] <13>'].entries()) {
      const event = sink.events[index]!;
      expect(event).toMatchObject({ level: 'error', eventType: 'security_event', source: 'probe', message });
      expect(event.metadata).toMatchObject({ facility: 'auth', severity: 'err', appname: 'probe', procid: '77' });
      expect(event.metadata).not.toHaveProperty('parse_error');
    }
    expect(context.counts['framing_errors']).toBe(0);
  });

  test('with structured data', async () => {
    const { sink, port } = await started(options(UDP));
    const data = ['--sd-id', 'zoo@123', '--sd-param', String.raw`tiger="hun\"gry"`, '--sd-param', 'zebra="running"'];
    await run(logger!, ['-n', '127.0.0.1', '-P', `${port()}`, '-d', '--rfc5424', ...data, '--msgid', 'ID7', 'hello']);
    await eventually(() => sink.events.length === 1, 'it arrived');
    expect(sink.events[0]!.message).toBe('hello');
    expect(sink.events[0]!.metadata).toMatchObject({
      msgid: 'ID7',
      structured_data: { 'zoo@123': { tiger: 'hun"gry', zebra: 'running' } },
    });
  });

  test.each(['unix', 'unixgram'])('over %s', async (scheme) => {
    const directory = mkdtempSync(join(tmpdir(), 'logger-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'log');
    const { sink } = await started(options(`${scheme}://${path}`));
    await run(logger!, [
      '-u',
      path,
      scheme === 'unix' ? '-T' : '-d',
      '-p',
      'user.crit',
      '-t',
      'probe',
      '--id=7',
      'hello',
    ]);
    await eventually(() => sink.events.length === 1, 'it arrived');
    expect(sink.events[0]).toMatchObject({ level: 'critical', source: 'probe', message: 'hello' });
    expect(sink.events[0]!.metadata).toMatchObject({ procid: '7' });
  });
});

describe.skipIf(!rsyslogd)('rsyslogd forwards', () => {
  const directory = sharedDirectory();
  const libraries = join(dirname(rsyslogd ?? ''), '../lib/x86_64-linux-gnu');
  const modules = join(libraries, 'rsyslog');
  const gtls = [join(modules, 'lmnsd_gtls.so'), '/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so'].some(existsSync);
  if (rsyslogd && !gtls) process.stderr.write('syslog-senders.test.ts: TLS is skipped, rsyslogd has no gtls driver\n');
  const daemons: ChildProcess[] = [];
  let certificate: { cert: string; private: string };

  beforeAll(async () => {
    certificate = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2_048, algorithm: 'sha256' });
    writeFileSync(join(directory, 'cert.pem'), certificate.cert);
    writeFileSync(join(directory, 'key.pem'), certificate.private);
  });

  afterAll(() => {
    for (const daemon of daemons) daemon.kill('SIGKILL');
  });

  /** A daemon that takes datagrams and forwards them by `action`; what it is sent arrives in `events`. */
  async function forwards(action: string, texts: readonly string[], events: readonly Event[]): Promise<void> {
    const probe = createSocket('udp4');
    await new Promise<void>((resolve) => probe.bind(0, '127.0.0.1', resolve));
    const { port } = probe.address();
    await new Promise<void>((resolve) => probe.close(() => resolve()));
    const config = join(directory, `${port}.conf`);
    writeFileSync(
      config,
      `global(workDirectory="${directory}" defaultNetstreamDriverCAFile="${directory}/cert.pem")
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="${port}")
if $syslogtag != 'rsyslogd:' then action(type="omfwd" target="127.0.0.1" ${action})
`,
    );
    daemons.push(
      spawn(
        rsyslogd!,
        ['-n', '-f', config, '-i', join(directory, `${port}.pid`), ...(existsSync(modules) ? ['-M', modules] : [])],
        {
          env: { ...process.env, LD_LIBRARY_PATH: libraries },
          stdio: 'ignore',
        },
      ),
    );
    const sender = createSocket('udp4');
    onTestFinished(() => void sender.close());
    // Datagrams to a daemon that is still starting are lost.
    await eventually(() => {
      if (!events.some(({ message }) => message.includes('knock')))
        sender.send('<13>Jan 10 10:11:12 h knock: knock', port, '127.0.0.1');
      return events.some(({ message }) => message.includes('knock'));
    }, 'it forwards');
    for (const text of texts) await new Promise((resolve) => sender.send(text, port, '127.0.0.1', resolve));
  }

  const RICH =
    '<33>1 2026-01-10T10:11:12.123456+01:00 web1 sshd 77 ID9 [a@1 k="v \\"w\\" \\]"][b@1 x="1" x="2"] two words';
  const OLD = '<34>Oct 11 22:14:15 web1 su[230]: failed';

  test.each([
    [
      'octet-counted TCP, RFC 5424',
      TCP,
      'protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"',
    ],
    ['TCP lines, RFC 5424', TCP, 'protocol="tcp" template="RSYSLOG_SyslogProtocol23Format"'],
    ['UDP, RFC 5424', UDP, 'protocol="udp" template="RSYSLOG_SyslogProtocol23Format"'],
    ['TCP lines, its forward format', TCP, 'protocol="tcp" template="RSYSLOG_ForwardFormat"'],
    ['TCP lines, its traditional format', TCP, 'protocol="tcp" template="RSYSLOG_TraditionalForwardFormat"'],
  ])('by %s', async (name, address, action) => {
    const { sink, port, context } = await started(options(address));
    await forwards(`port="${port()}" ${action}`, [RICH, OLD], sink.events);
    const found = (text: string): Event | undefined => sink.events.find(({ message }) => message.includes(text));
    await eventually(() => found('two words') !== undefined && found('failed') !== undefined, 'both arrived');
    expect(found('two words')).toMatchObject({ level: 'critical', source: 'sshd', message: 'two words' });
    expect(found('failed')).toMatchObject({ level: 'critical', source: 'su' });
    // What it makes RFC 5424 of keeps the blank behind the tag.
    expect(found('failed')!.message.trimStart()).toBe('failed');
    expect(found('failed')!.metadata).toMatchObject({ facility: 'auth', hostname: 'web1', procid: '230' });
    if (name.endsWith('RFC 5424')) {
      expect(found('two words')!.timestamp).toBe(Date.parse('2026-01-10T10:11:12.123+01:00'));
      expect(found('two words')!.metadata).toMatchObject({
        procid: '77',
        msgid: 'ID9',
        structured_data: { 'a@1': { k: 'v "w" ]' }, 'b@1': { x: ['1', '2'] } },
      });
    }
    for (const { metadata } of sink.events) expect(metadata).not.toHaveProperty('parse_error');
    expect(context.counts['framing_errors']).toBe(0);
  });

  test.skipIf(!gtls)('over TLS', async () => {
    const tls = {
      cert_file: join(directory, 'cert.pem'),
      key_file: join(directory, 'key.pem'),
      client_auth: 'none',
    } as const;
    const { sink, port } = await started(options('tls://127.0.0.1:0', { tls }));
    const action = `port="${port()}" protocol="tcp" TCP_Framing="octet-counted" StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="anon" template="RSYSLOG_SyslogProtocol23Format"`;
    await forwards(action, [RICH], sink.events);
    await eventually(() => sink.events.some(({ message }) => message === 'two words'), 'it arrived');
  });
});
