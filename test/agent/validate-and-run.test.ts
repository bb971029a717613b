/** What `validate` passes, a reload takes over; what it refuses, a reload refuses: for files broken at random. */
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { check } from '../../src/agent/loading.ts';
import { broken, whole } from '../support/broken-file.ts';
import { fileInFolder, startAgent } from '../support/in-process.ts';
import { seeded } from '../support/random-edits.ts';

const FILES = 120;

test(`${FILES} files: validate and a reload are of one mind`, async () => {
  const { folder, file, whole: withService } = await fileInFolder(whole('/tmp'));
  const notACertificate = join(folder, 'not-a-certificate');
  await writeFile(notACertificate, 'nonsense\n');
  await writeFile(file, withService(whole(folder)));
  const agent = await startAgent(file);
  const places = { notACertificate, takenPort: await takenPort() };
  const random = seeded(7);
  const seen = { valid: 0, broken: 0 };
  for (let n = 0; n < FILES; n += 1) {
    const good = random() < 0.2;
    const one = good
      ? { what: 'a good file', text: whole(folder).replace('10s', `${n + 1}s`) }
      : broken(folder, random, places);
    // A port in use is what only a start can know.
    if (one.what === 'a port in use') continue;
    await writeFile(file, one.text.endsWith('\n') ? withService(one.text) : one.text);
    const { configuration } = await check(file, { env: {}, verify: true });
    const { result, problems = [] } = await agent.reload('a test');
    const passes = configuration !== undefined;
    expect(result !== 'refused', `${one.what}: ${JSON.stringify(problems)}\n${one.text}`).toBe(passes);
    expect(passes, one.what).toBe(good);
    seen[passes ? 'valid' : 'broken'] += 1;
  }
  expect(seen.valid).toBeGreaterThan(10);
  expect(seen.broken).toBeGreaterThan(50);
});

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
