import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { Budget, readBody, Share } from '../../../src/receivers/http/body.ts';
import { bytesInUse } from '../../support/garbage.ts';

test('a body that comes byte by byte takes about the memory that it is charged', async () => {
  const bytes = 300_000;
  const request = Object.assign(new PassThrough(), { headers: {} });
  const body = readBody(request as unknown as IncomingMessage, bytes, new Share(new Budget(bytes)), () => {});
  const before = bytesInUse();
  for (let sent = 0; sent < bytes; sent += 1) {
    request.write(Buffer.allocUnsafeSlow(1).fill(sent % 251));
    if (sent % 1_000 === 0) await new Promise(setImmediate);
  }
  await new Promise(setImmediate);
  expect(bytesInUse() - before).toBeLessThan(4 * bytes);
  request.end();
  expect((await body).every((byte, index) => byte === index % 251)).toBe(true);
});
