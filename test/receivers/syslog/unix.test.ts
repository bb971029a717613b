import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { claimPath } from '../../../src/receivers/syslog/socket-path.ts';
import { eventually } from '../../support/eventually.ts';
import { built, options, started } from './support.ts';

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'syslog-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

/** What a process that was killed leaves behind. */
function stale(path: string, kind: 'SOCK_STREAM' | 'SOCK_DGRAM'): void {
  const script = `const net = require('node:net'); net.createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  if (kind === 'SOCK_STREAM') spawnSync(process.execPath, ['-e', script]);
  else {
    const dgram = `const { DgramSocket } = require('node-unix-socket'); new DgramSocket().bind(${JSON.stringify(path)}); process.kill(process.pid, 'SIGKILL')`;
    spawnSync(process.execPath, ['-e', dgram]);
  }
  expect(statSync(path).isSocket()).toBe(true);
}

async function dial(path: string): Promise<Socket> {
  const socket = connect(path);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

describe('unix', () => {
  test('takes streams, gives the file its mode, and removes it', async () => {
    const path = join(folder(), 'in.sock');
    const { sink, receiver } = await started(options(`unix://${path}`, { socket_mode: '0660', allow: ['10.0.0.0/8'] }));
    expect(receiver.addresses!()).toEqual([`unix://${path}`]);
    expect(modeOf(path)).toBe('660');
    (await dial(path)).end('<13>Oct 11 22:14:15 app[7]: hello\n<13>two');
    await eventually(() => sink.events.length === 2, 'both arrived');
    expect(sink.events[0]).toMatchObject({ source: 'app', message: 'hello' });
    expect(sink.events[0]!.metadata).not.toHaveProperty('remote');
    await receiver.stop();
    expect(existsSync(path)).toBe(false);
  });

  test('changes the mode on a reload, and keeps connections', async () => {
    const path = join(folder(), 'in.sock');
    const old = await started(options(`unix://${path}`));
    expect(modeOf(path)).toBe('666');
    const socket = await dial(path);
    socket.write('<13>ha');
    const next = built(options(`unix://${path}`, { socket_mode: '600' }), old.sink);
    next.receiver.adopt!(old.receiver);
    await next.receiver.start(AbortSignal.timeout(5_000));
    await old.receiver.stop();
    expect(modeOf(path)).toBe('600');
    socket.write('lf\n');
    await eventually(() => next.sink.events.length === 1, 'it arrived');
  });
});

describe.each([
  ['unix', 'SOCK_STREAM'],
  ['unixgram', 'SOCK_DGRAM'],
] as const)('the path of %s', (scheme, kind) => {
  test('is taken over from a process that was killed', async () => {
    const path = join(folder(), 'in.sock');
    stale(path, kind);
    const { receiver } = await started(options(`${scheme}://${path}`));
    expect(receiver.addresses!()).toEqual([`${scheme}://${path}`]);
  });

  test('is left alone where it is a file, a folder, or in use', async () => {
    const directory = folder();
    const file = join(directory, 'file');
    writeFileSync(file, 'precious');
    await expect(started(options(`${scheme}://${file}`))).rejects.toThrow(
      `cannot listen on ${scheme}://${file}: there is a file of that name, which is left alone. Move it away, or choose another path.`,
    );
    expect(readFileSync(file, 'utf8')).toBe('precious');
    await expect(started(options(`${scheme}://${directory}`))).rejects.toThrow(/there is a directory of that name/);
    const used = join(directory, 'used');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(used, resolve));
    onTestFinished(() => void server.close());
    await expect(started(options(`${scheme}://${used}`))).rejects.toThrow(/another process listens there/);
    await dial(used);
    const twice = options(`${scheme}://${join(directory, 'own')}`);
    await started(twice);
    await expect(started(twice)).rejects.toThrow(/another process listens there/);
    await expect(started(options(`${scheme}:///no/such/folder/x`))).rejects.toThrow(
      'there is no folder /no/such/folder. Create it first.',
    );
  });
});

test.each([
  ['unix', 'SOCK_DGRAM'],
  ['unixgram', 'SOCK_STREAM'],
] as const)('%s takes over what is left of a socket of the other kind', async (scheme, kind) => {
  const path = join(folder(), 'theirs');
  stale(path, kind);
  const { receiver } = await started(options(`${scheme}://${path}`));
  expect(receiver.addresses!()).toEqual([`${scheme}://${path}`]);
});

test('a socket that may not be connected to is left alone', async () => {
  const path = join(folder(), 'theirs');
  stale(path, 'SOCK_STREAM');
  await expect(claimPath(path, async () => 'unknown')).rejects.toThrow(/keeps us from connecting .* remove it/);
  await expect(claimPath(path, async () => 'gone')).resolves.toBeUndefined();
});

describe('unixgram', () => {
  test('takes what programs write to /dev/log', async () => {
    const path = join(folder(), 'log');
    const { sink, receiver } = await started(options(`unixgram://${path}`, { socket_mode: '0622' }));
    expect(modeOf(path)).toBe('622');
    const { DgramSocket } = await import('node-unix-socket');
    const sender = new DgramSocket();
    onTestFinished(() => sender.close());
    for (const text of ['<38>Oct 11 22:14:15 sshd[12]: Accepted\nkey', '<13>two\0']) {
      await new Promise<void>((resolve) => sender.sendTo(Buffer.from(text), 0, text.length, path, () => resolve()));
    }
    await eventually(() => sink.events.length === 2, 'both arrived');
    expect(sink.events.map(({ message }) => message)).toEqual(['Accepted\nkey', 'two']);
    expect(sink.events[0]).toMatchObject({ source: 'sshd', eventType: 'security_event' });
    await receiver.stop();
    expect(existsSync(path)).toBe(false);
  });

  test('leaves the socket alone that another process has put in the place of its own', async () => {
    const path = join(folder(), 'log');
    const { receiver } = await started(options(`unixgram://${path}`));
    rmSync(path);
    const { DgramSocket } = await import('node-unix-socket');
    const theirs = new DgramSocket();
    onTestFinished(() => theirs.close());
    theirs.bind(path);
    await receiver.stop();
    expect(existsSync(path)).toBe(true);
  });

  test('says what to do where its package cannot be loaded', async () => {
    vi.doMock('node-unix-socket', () => {
      throw new Error('not for this platform');
    });
    onTestFinished(() => {
      vi.doUnmock('node-unix-socket');
    });
    const path = join(folder(), 'log');
    await expect(started(options(`unixgram://${path}`))).rejects.toThrow(
      /cannot listen on unixgram:\/\/.*: the package node-unix-socket cannot be loaded .* listen on unix:\/\/ or udp/,
    );
  });
});
