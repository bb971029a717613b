/** Row 36 of the fault matrix: what stands in the way of a Unix socket, and who may write to it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { command } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { eventsIn } from '../support/json-lines.ts';

const listening = (directory: string, addresses: string, mode = '0600'): string => `
receivers: { syslog: { listen: [${addresses}], socket_mode: '${mode}' } }
exporters: { file: { path: '${directory}/all.jsonl' } }
`;

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('a collector that was killed leaves its sockets behind; the next one replaces them, and gives them their mode', async () => {
  const collector = await startCollector((directory) =>
    listening(directory, `'unix://${directory}/stream', 'unixgram://${directory}/log'`),
  );
  const [stream, log] = [join(collector.directory, 'stream'), join(collector.directory, 'log')];
  await collector.kill9();
  expect([existsSync(stream), existsSync(log)]).toEqual([true, true]);
  // As another program may have left them.
  chmodSync(stream, 0o777);
  chmodSync(log, 0o777);
  await collector.start();
  expect([modeOf(stream), modeOf(log)]).toEqual(['600', '600']);
  await write(stream, '<13>1 - web app - - - over the stream\n');
  await eventually(
    () => eventsIn(join(collector.directory, 'all.jsonl')).some(({ message }) => message === 'over the stream'),
    'it is written',
  );
  await collector.edit(
    listening(
      collector.directory,
      `'unix://${collector.directory}/stream', 'unixgram://${collector.directory}/log'`,
      '0666',
    ),
  );
  await eventually(() => modeOf(stream) === '666' && modeOf(log) === '666', 'the edit is taken over');
  await collector.stop();
  expect([existsSync(stream), existsSync(log)]).toEqual([false, false]);
});

test.for(['unix', 'unixgram'])(
  'a file, a folder and what another process listens on are left alone by %s',
  async (scheme) => {
    const collector = await startCollector((directory) => listening(directory, `'${scheme}://${directory}/own'`));
    const { directory } = collector;
    const file = join(directory, 'file');
    writeFileSync(file, 'precious', { mode: 0o640 });
    mkdirSync(join(directory, 'folder'));
    for (const [name, what] of [
      ['file', /there is a file of that name, which is left alone/],
      ['folder', /there is a directory of that name/],
    ] as const) {
      await collector.edit(listening(directory, `'${scheme}://${directory}/own', '${scheme}://${directory}/${name}'`));
      await collector.said(what);
    }
    expect((await collector.status()).config.state).toMatch(/^stale/);
    expect([readFileSync(file, 'utf8'), modeOf(file), statSync(join(directory, 'folder')).isDirectory()]).toEqual([
      'precious',
      '640',
      true,
    ]);
    const second = join(directory, 'second.yaml');
    for (const [name, what] of [
      ['file', /there is a file of that name, which is left alone/],
      ['own', /another process listens there/],
    ] as const) {
      const text = listening(directory, `'${scheme}://${directory}/${name}'`);
      writeFileSync(second, `${text}service: { storage: { directory: '${directory}/${name}-storage' } }\n`);
      const { status, stdout, stderr } = await command(['run', '-c', second]);
      expect([status, stdout + stderr]).toEqual([1, expect.stringMatching(what)]);
    }
    expect([readFileSync(file, 'utf8'), statSync(join(directory, 'own')).isSocket()]).toEqual(['precious', true]);
    await collector.edit(listening(directory, `'${scheme}://${directory}/own'`));
    await eventually(async () => !(await collector.status()).config.state.startsWith('stale'), 'it is mended');
    await collector.stop();
  },
);

const mayDrop = process.getuid?.() !== 0 || spawnSync('setpriv', ['--version']).status === 0;
if (!mayDrop)
  process.stderr.write('a folder that may not be written is not tested: root may, and there is no setpriv\n');

test.runIf(mayDrop)('an edit to a folder that may not be written changes nothing, and says so', async () => {
  const collector = await startCollector((directory) => listening(directory, `'unix://${directory}/own'`), {
    wrapper: () =>
      process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override', '--inh-caps=-dac_override'] : [],
  });
  const { directory } = collector;
  const locked = join(directory, 'locked');
  mkdirSync(locked, { mode: 0o555 });
  for (const scheme of ['unix', 'unixgram']) {
    await collector.edit(listening(directory, `'unix://${directory}/own', '${scheme}://${locked}/${scheme}'`));
    await collector.said(new RegExp(`${scheme}://.*this user may not create files in ${locked}`));
  }
  await write(join(directory, 'own'), '<13>1 - web app - - - still here\n');
  await eventually(() => eventsIn(join(directory, 'all.jsonl')).length === 1, 'it is written');
  await collector.stop();
});

function write(path: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path).on('error', reject);
    socket.on('close', () => resolve());
    socket.end(text);
  });
}
