import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { udpAddon } from '../../../src/receivers/syslog/udp-addon.ts';
import { options, started } from './support.ts';
import { udpContract } from './udp-contract.ts';

const found = udpAddon();
const isBuilt = 'addon' in found;
if (!isBuilt) process.stderr.write(`udp-batched.test.ts: skipped, ${found.missing}\n`);
const hasCompiler = process.platform === 'linux' && spawnSync(process.env['CC'] ?? 'cc', ['--version']).status === 0;

test.runIf(hasCompiler)('the addon is built where there is a compiler', () => {
  expect(found).toHaveProperty('addon');
});

udpContract('in batches', isBuilt);

describe.skipIf(!isBuilt)('the addon', () => {
  test('delivers what is still in the socket when it is closed', async () => {
    const { sink, receiver, port } = await started(options('udp://127.0.0.1:0'));
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    await new Promise<void>((resolve) => socket.connect(port(), '127.0.0.1', resolve));
    // Sent and stopped within one turn of the event loop.
    for (let n = 0; n < 20; n += 1) socket.send(`<13>${n}`);
    await receiver.stop();
    expect(sink.events.length).toBe(20);
  });

  test('holds on to nothing over a thousand sockets, refuses nonsense, and ends with its thread', () => {
    const script = fileURLToPath(new URL('../../support/udp-addon-life.mjs', import.meta.url));
    const addon = fileURLToPath(new URL('../../../dist/native/udp-batch.node', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, addon], { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'sound\n', stderr: '' });
  });
});
