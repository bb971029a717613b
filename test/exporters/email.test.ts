import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import type { SMTPServerOptions } from 'smtp-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import email from '../../src/exporters/email.ts';
import { verdictOfSmtp } from '../../src/exporters/email/failure.ts';
import { SmtpSession } from '../../src/exporters/email/smtp-session.ts';
import { eventually } from '../support/eventually.ts';
import { event, fakeContext } from '../support/fakes.ts';
import { diskLow, huge, sshLogin, stackTrace } from '../support/sample-events.ts';
import { serveMail, smtpError, type TestMailServer } from '../support/smtp-server.ts';

type Options = Parameters<typeof email.create>[0];
type Changes = { readonly [K in keyof Options]?: Options[K] | undefined };
const never = new AbortController().signal;

const DEFAULTS: Options = {
  smtp_host: 'localhost',
  smtp_port: 587,
  use_tls: true,
  from_email: 'LNMT <lnmt@example.com>',
  to_emails: ['ops@example.com', 'admin@example.com'],
  subject_template: 'LNMT Alert: {level} - {title}',
  verify_ssl: true,
};

function exporter(server: { port: number; caFile: string }, options: Changes = {}, batched = false) {
  const context = fakeContext();
  const made = email.create({ ...DEFAULTS, smtp_port: server.port, ca_file: server.caFile, ...options } as Options, {
    ...context,
    batched,
  });
  onTestFinished(() => made.stop?.());
  const send = (events: Event[] = [event()], signal = never) => made.send(made.encode(events)[0]!.request, signal);
  return { made, send, context };
}

async function sent(events: Event[], options: Changes = {}, batched = false) {
  const server = await serveMail();
  expect(await exporter(server, options, batched).send(events)).toEqual({ kind: 'sent' });
  return server.mails[0]!;
}

describe('a mail', () => {
  test('arrives encrypted, with subject, both bodies and the headers of an automatic mail', async () => {
    const { parsed, recipients, encrypted, raw } = await sent([diskLow]);
    expect(encrypted).toBe(true);
    expect(recipients).toEqual(['ops@example.com', 'admin@example.com']);
    expect(parsed.subject).toBe('LNMT Alert: warning - Disk Space Low');
    expect(parsed.from?.text).toBe('"LNMT" <lnmt@example.com>');
    expect(parsed.messageId).toMatch(/^<[0-9a-f]{40}@example\.com>$/);
    expect(parsed.date?.toISOString()).toBe('2026-01-15T12:00:00.000Z');
    expect(parsed.headers.get('auto-submitted')).toBe('auto-generated');
    expect(parsed.text).toContain('[WARNING] Disk Space Low');
    expect(parsed.text).toContain('disk_usage:   92.5');
    expect(parsed.html).toContain('Disk space on /var/log is below 10 %');
    expect(raw).toContain('multipart/alternative');
  });

  test('has the same id for the same event, another for another', async () => {
    const encode = (id: string) =>
      exporter({ port: 1, caFile: '' }).made.encode([event({ eventId: id })])[0]!.request as { messageId: string };
    expect(encode('a').messageId).toBe(encode('a').messageId);
    expect(encode('a').messageId).not.toBe(encode('b').messageId);
    expect(encode('<a>\r\nBcc: x@y').messageId).toMatch(/^<[0-9a-f]{40}@example\.com>$/);
  });

  test('a critical one is marked as important', async () => {
    const { parsed } = await sent([stackTrace]);
    expect(parsed.headers.get('priority')).toBe('high');
  });

  test('with batch, one mail lists several events, the gravest first in its subject', async () => {
    const { parsed } = await sent([sshLogin, stackTrace, diskLow], {}, true);
    expect(parsed.subject).toMatch(/^LNMT Alert: critical - Unhandled exception.* \(and 2 more\)$/);
    expect(parsed.text).toContain('3 events: 1 critical, 1 warning, 1 info');
    for (const { title } of [sshLogin, stackTrace, diskLow]) expect(parsed.text).toContain(title);
  });

  test('a template replaces the body, not the subject', async () => {
    const { parsed } = await sent([event({ title: '<b>x</b>' })], {
      template: 'Dear all,\n{title} on {metadata.host}\n',
      subject_template: '{source}',
    });
    expect(parsed.subject).toBe('test');
    expect(parsed.text?.trim()).toBe('Dear all,\n<b>x</b> on');
    expect(parsed.html).toContain('&lt;b&gt;x&lt;/b&gt;');
  });

  test('stays small enough for mail clients, whatever the events', () => {
    const { made } = exporter({ port: 1, caFile: '' }, {}, true);
    for (const events of [[huge], Array<Event>(500).fill(huge)]) {
      const { html, text, subject } = made.encode(events)[0]!.request as {
        html: string;
        text: string;
        subject: string;
      };
      expect(subject.length).toBeLessThanOrEqual(200);
      expect(html.length).toBeLessThan(2_000_000);
      expect(text.length).toBeLessThan(1_000_000);
    }
  });
});

test('nothing in an event reaches a header or a recipient', async () => {
  const evil = 'x\r\nBcc: eve@example.com\u2028X-Evil: 1\u0000\u0085Y: 2, "a@b"@c <eve@example.com>';
  const usual = await sent([event()]);
  const { parsed, recipients, raw } = await sent([
    event({ eventId: evil, title: evil, source: evil, tags: [evil], metadata: { [evil]: evil } }),
  ]);
  expect(recipients).toEqual(['ops@example.com', 'admin@example.com']);
  expect([...parsed.headers.keys()].sort()).toEqual([...usual.parsed.headers.keys()].sort());
  expect(parsed.subject).not.toMatch(/[\p{Cc}\u2028]/u);
  expect(raw.split('\r\n\r\n', 1)[0]).not.toMatch(/^(bcc|x-evil|y):/im);
});

describe('connections', () => {
  test('one is kept for the next mail, and let go when idle', async () => {
    const server = await serveMail();
    const { send, context } = exporter(server);
    for (let count = 0; count < 3; count += 1) expect(await send()).toEqual({ kind: 'sent' });
    expect(server.connections()).toBe(1);
    context.clock.advance(30_000);
    expect(await send()).toEqual({ kind: 'sent' });
    expect(server.connections()).toBe(2);
    expect(context.clock.pending).toBe(1);
  });

  test('none outlives stop, which may come twice', async () => {
    const server = await serveMail();
    const { send, made, context } = exporter(server);
    await send();
    await made.stop?.();
    await made.stop?.();
    expect(context.clock.pending).toBe(0);
  });

  test('a server that closed an idle one is no failure', async () => {
    const server = await serveMail();
    const { send } = exporter(server);
    for (let count = 1; count <= 3; count += 1) {
      expect(await send()).toEqual({ kind: 'sent' });
      expect(server.connections()).toBe(count);
      server.hangUp();
    }
  });

  test('end when told to, also with a server that says nothing', async () => {
    const open = new Set<unknown>();
    const silent = createServer((socket) => {
      open.add(socket);
      socket.on('close', () => open.delete(socket)).on('error', () => {});
      socket.resume();
    });
    await new Promise<void>((resolve) => silent.listen(0, 'localhost', resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const { send } = exporter({ port, caFile: (await serveMail()).caFile });
    await expect(send([event()], AbortSignal.timeout(50))).rejects.toThrow('timeout');
    await eventually(() => open.size === 0, 'the connection is closed');
    await expect(send([event()], AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });

  test('TLS at once on port 465, and clear text only where use_tls is false', async () => {
    const clear = await serveMail({ disabledCommands: ['STARTTLS'] });
    expect(await exporter(clear, { use_tls: false }).send()).toEqual({ kind: 'sent' });
    expect(clear.mails[0]?.encrypted).toBe(false);
    const optional = await serveMail();
    expect(await exporter(optional, { use_tls: false }).send()).toEqual({ kind: 'sent' });
    expect(optional.mails[0]?.encrypted).toBe(false);
    expect(await exporter(clear).send()).toMatchObject({
      kind: 'misconfigured',
      reason: expect.stringMatching(/STARTTLS/) as string,
    });
    expect(clear.mails).toHaveLength(1);
  });
});

describe('verdicts', () => {
  const at = (where: 'onConnect' | 'onMailFrom' | 'onRcptTo' | 'onData', code: number): SMTPServerOptions => {
    const error = smtpError(code, `no, says s3cret-password of ${where}`);
    if (where === 'onData')
      return { onData: (stream, _session, done) => void stream.resume().on('end', () => done(error)) };
    return {
      [where]: (_one: unknown, second: unknown, third?: (error: Error) => void) =>
        (third ?? (second as (error: Error) => void))(error),
    };
  };

  test.for([
    ['onConnect', 421, 'later'],
    ['onConnect', 554, 'misconfigured'],
    ['onMailFrom', 451, 'later'],
    ['onMailFrom', 550, 'refused'],
    ['onMailFrom', 530, 'misconfigured'],
    ['onMailFrom', 552, 'refused'],
    ['onRcptTo', 450, 'later'],
    ['onRcptTo', 550, 'refused'],
    ['onData', 452, 'later'],
    ['onData', 554, 'refused'],
  ] as const)('%s answering %i is %s', async ([where, code, kind]) => {
    const server = await serveMail(at(where, code));
    const verdict = await exporter(server).send();
    expect(verdict).toMatchObject({ kind, reason: expect.stringContaining(String(code)) as string });
  });

  const login = { username: 'lnmt', password: 's3cret-password' };

  test('a login that is taken, refused for good, and for now', async () => {
    const answer = (error?: Error): SMTPServerOptions => ({
      onAuth: (auth, _session, done) =>
        error ? done(error) : done(null, auth.password === login.password ? { user: 'lnmt' } : undefined),
    });
    expect(await exporter(await serveMail(answer()), login).send()).toEqual({ kind: 'sent' });
    for (const [code, kind] of [
      [535, 'misconfigured'],
      [454, 'later'],
    ] as const) {
      const server = await serveMail(
        answer(
          smtpError(code, `bad password s3cret-password, ${Buffer.from('\0lnmt\0s3cret-password').toString('base64')}`),
        ),
      );
      const verdict = await exporter(server, login).send();
      expect(verdict).toMatchObject({ kind });
      expect(JSON.stringify(verdict)).not.toMatch(/s3cret|bG5tdA/);
    }
  });

  test('a certificate that nobody vouches for', async () => {
    const server = await serveMail();
    const mend = { kind: 'misconfigured', reason: expect.stringMatching(/certificate.*ca_file/) as string };
    expect(await exporter(server, { ca_file: undefined }).send()).toMatchObject(mend);
    expect(await exporter(server, { ca_file: undefined, verify_ssl: false }).send()).toEqual({ kind: 'sent' });
    expect(await exporter(server, { ca_file: '/no/such/file' }).send()).toMatchObject({
      kind: 'misconfigured',
      reason: expect.stringMatching(/ca_file: ENOENT/) as string,
    });
  });

  test('TLS from the first byte, trusted, not trusted, and not spoken', async () => {
    const open = async (server: TestMailServer, trust: boolean) => {
      const tls = trust ? { ca: await readFile(server.caFile, 'utf8') } : {};
      return SmtpSession.open(
        { host: 'localhost', port: server.port, security: 'tls', credentials: undefined, tls },
        never,
      );
    };
    const server = await serveMail({ secure: true });
    const session = await open(server, true);
    expect(session.alive).toBe(true);
    session.quit();
    const untrusted: unknown = await open(server, false).catch((error: unknown) => error);
    expect(verdictOfSmtp(untrusted, [])).toMatchObject({
      kind: 'misconfigured',
      reason: expect.stringMatching(/certificate.*ca_file/) as string,
    });
    const plain: unknown = await open(await serveMail(), true).catch((error: unknown) => error);
    expect(verdictOfSmtp(plain, [])).toMatchObject({
      kind: 'misconfigured',
      reason: expect.stringMatching(/TLS/) as string,
    });
  });

  test('nobody there is later, an unknown host is said', async () => {
    const { caFile } = await serveMail();
    expect(await exporter({ port: 1, caFile }).send()).toMatchObject({
      kind: 'later',
      reason: expect.stringMatching(/refused/) as string,
    });
    const unknown = await exporter({ port: 25, caFile }, { smtp_host: 'no-such-host.invalid' }).send();
    expect(unknown).toMatchObject({
      kind: expect.stringMatching(/misconfigured|later/) as string,
      reason: expect.stringMatching(/host|name resolution/) as string,
    });
  });

  test('a server that hangs up in the middle is later', async () => {
    const server: TestMailServer = await serveMail({ onData: () => server.hangUp() });
    expect(await exporter(server).send()).toMatchObject({ kind: 'later' });
  });
});

describe('recipients', () => {
  const refusing = (code: number): SMTPServerOptions => ({
    onRcptTo: (address, _session, done) =>
      done(address.address.startsWith('ops') ? smtpError(code, 'not this one') : null),
  });

  test('one that is refused for good does not keep the mail from the others, and is said', async () => {
    const server = await serveMail(refusing(550));
    const { send, context } = exporter(server);
    expect(await send()).toEqual({ kind: 'sent' });
    expect(server.mails[0]?.recipients).toEqual(['admin@example.com']);
    expect(context.counts['refused_recipients']).toBe(1);
    expect(context.lines).toMatchObject([
      { level: 'warn', message: expect.stringMatching(/1 of 2 recipients.*550/) as string },
    ]);
    await send();
    expect(context.lines).toHaveLength(1);
  });

  test('those who have the mail do not get it again when the others may', async () => {
    let open = false;
    const server: TestMailServer = await serveMail({
      onRcptTo: (address, _session, done) =>
        done(!open && address.address.startsWith('ops') ? smtpError(451, 'greylisted') : null),
    });
    const { send } = exporter(server);
    expect(await send()).toMatchObject({
      kind: 'later',
      reason: expect.stringMatching(/1 of 2 recipients.*451: greylisted/) as string,
    });
    open = true;
    expect(await send()).toEqual({ kind: 'sent' });
    expect(server.mails.map(({ recipients }) => recipients)).toEqual([['admin@example.com'], ['ops@example.com']]);
    expect(await send([event({ eventId: 'next' })])).toEqual({ kind: 'sent' });
    expect(server.mails[2]?.recipients).toHaveLength(2);
  });
});
