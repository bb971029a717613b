/** Run as a program of its own, so that its descriptors are nobody else's: what test/receivers/syslog/udp-batched.test.ts says. */
import assert from 'node:assert';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker } from 'node:worker_threads';

/** @typedef {(...values: unknown[]) => unknown} Call */
const addon = /** @type {Record<'open' | 'read' | 'gather' | 'sender' | 'address' | 'close', Call>} */ (
  createRequire(import.meta.url)(process.argv[2] ?? '')
);
const open = () => addon.open('127.0.0.1', 0, false, () => {});
const table = new Int32Array(1 + 6);

if (isMainThread) void main();
else open();

async function main() {
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  addon.close(open());
  await turn();
  const before = readdirSync('/proc/self/fd').length;
  for (let n = 0; n < 1_000; n += 1) {
    const socket = open();
    if (n % 2 === 0) addon.gather(socket, 1);
    addon.close(socket);
    addon.close(socket);
    if (n % 50 === 0) await turn();
  }
  await turn();
  assert.equal(readdirSync('/proc/self/fd').length, before);

  const socket = open();
  const refused = { code: 'EINVAL' };
  assert.throws(() => addon.open('not an address', 0, false, () => {}), refused);
  assert.throws(() => addon.open('127.0.0.1', 70_000, false, () => {}), refused);
  assert.throws(() => addon.open('127.0.0.1', 0, false, undefined), refused);
  assert.throws(() => addon.open('127.0.0.1'), refused);
  assert.throws(() => addon.open('1'.repeat(200), 0, false, () => {}), refused);
  assert.throws(() => addon.read({}, Buffer.alloc(10), 0, table), refused);
  assert.throws(() => addon.read(socket, Buffer.alloc(10), 11, table), refused);
  assert.throws(() => addon.read(socket, Buffer.alloc(10), 0, new Int32Array(6)), refused);
  assert.throws(() => addon.read(socket, Buffer.alloc(10), 0, new Uint8Array(70)), refused);
  assert.throws(() => addon.read(socket, 'text', 0, table), refused);
  assert.throws(() => addon.sender(table, 2), refused);
  addon.close(socket);
  assert.equal(addon.read(socket, Buffer.alloc(10), 0, table), 0);
  assert.throws(() => addon.address(socket), { code: 'EBADF' });

  // Threads that end while a socket is open, and this program too.
  for (let n = 0; n < 3; n += 1) {
    const worker = new Worker(fileURLToPath(import.meta.url), { argv: [process.argv[2]] });
    await new Promise((resolve) => worker.once('online', resolve));
    await turn();
    await worker.terminate();
  }
  open();
  process.stdout.write('sound\n');
  process.exit(0);
}
