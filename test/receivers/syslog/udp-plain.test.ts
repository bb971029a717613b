import { expect, test, vi } from 'vitest';
import { options, started } from './support.ts';
import { udpContract } from './udp-contract.ts';

vi.mock('../../../src/receivers/syslog/udp-addon.ts', () => ({
  udpAddon: () => ({ missing: 'there was no C compiler' }),
}));

test('the log says once which way UDP is read, why, and what to do', async () => {
  const [first, second] = [await started(options('udp://127.0.0.1:0')), await started(options('udp://127.0.0.1:0'))];
  const told = [...first.context.lines, ...second.context.lines].filter(({ message }) => message.includes('reads UDP'));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ level: 'info' });
  expect(told[0]!.message).toMatch(/^reads UDP one datagram at a time, since .*: there was no C compiler/);
});

udpContract('one datagram at a time');
