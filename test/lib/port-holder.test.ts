import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { portHolder } from '../../src/lib/port-holder.ts';

test.skipIf(process.platform !== 'linux')('names the process that listens', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    socket.close();
  });
  await Promise.all([
    new Promise((resolve) => server.once('listening', resolve)),
    new Promise((resolve) => socket.once('listening', resolve)),
  ]);
  expect(await portHolder('tcp', (server.address() as AddressInfo).port)).toMatch(
    new RegExp(`\\(process ${process.pid}\\)$`),
  );
  expect(await portHolder('udp', socket.address().port)).toMatch(new RegExp(`\\(process ${process.pid}\\)$`));
});

test('knows nobody on a free port', async () => {
  expect(await portHolder('tcp', 1)).toBeUndefined();
});
