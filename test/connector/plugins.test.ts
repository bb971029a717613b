import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { check, load } from '../../src/agent/loading.ts';
import { say, startAgent } from '../support/in-process.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const SCHEMA = `static schema = { type: 'object', properties: { channel: { type: 'string' } } };`;

async function problemsOf(
  plugin: string | undefined,
  connectors = 'mine: { type: my_service }',
): Promise<{ said: string[]; file: string; directory: string }> {
  const directory = await temporaryDirectory();
  const file = join(directory, 'collector.yaml');
  if (plugin !== undefined) await writeFile(join(directory, 'plugin.mjs'), plugin);
  await writeFile(file, `connectors:\n  ${connectors}\nservice:\n  plugins:\n    - ./plugin.mjs\n`);
  const { problems } = await check(file, { env: {} });
  return {
    said: problems
      .filter(({ severity }) => severity === 'error')
      .map(({ line, column, message }) => `${line}:${column} ${message}`),
    file,
    directory,
  };
}

test.for([
  ['is missing', undefined, 'there is no such file'],
  ['throws', 'throw new Error("no database");', 'it failed when it was loaded: no database'],
  ['imports what is not there', 'import "nowhere-to-be-found";', 'it imports what is not there'],
  ['exports no class', 'export default { sendEvent() {} };', 'its default export is not a class'],
  ['has no sendEvent', 'export default class {}', 'its class has no sendEvent(event)'],
  ['lacks a type', `export default class { sendEvent() {} ${SCHEMA} }`, 'its class lacks a static type'],
  [
    'lacks a schema',
    `export default class { static type = 'my_service'; sendEvent() {} }`,
    'its class lacks a static schema',
  ],
  [
    'has a schema of no properties',
    `export default class { static type = 'my_service'; sendEvent() {} static schema = { type: 'object', properties: null } }`,
    'its class lacks a static schema',
  ],
  [
    'says nothing of a property',
    `export default class { static type = 'my_service'; sendEvent() {} static schema = { type: 'object', properties: { a: null } } }`,
    'its static schema says nothing of a',
  ],
  [
    'has a schema of its own kind',
    `export default class { static type = 'my_service'; sendEvent() {} static schema = { type: 'object', properties: { a: { kind: 'string' } } } }`,
    'its static schema is not in the dialect',
  ],
  [
    'takes a type there is',
    `export default class { static type = 'slack'; sendEvent() {} ${SCHEMA} }`,
    'its type slack is one that there is already',
  ],
] as const)('a plugin that %s is a problem at its line', async ([, plugin, message]) => {
  const { said } = await problemsOf(plugin);
  expect(said).toContainEqual(expect.stringContaining(`5:7 the plugin cannot be used: ${message}`));
});

test('its constructor may refuse, at the line of the exporter', async () => {
  const { said } = await problemsOf(
    `export default class { static type = 'my_service'; ${SCHEMA} constructor() { throw new Error('no channel'); } sendEvent() {} }`,
  );
  expect(said).toEqual([expect.stringMatching(/^2:\d+ mine: its constructor failed: no channel$/)]);
});

test('once mended it is loaded, without a restart', async () => {
  const { said, file, directory } = await problemsOf('throw new Error("not yet");');
  expect(said).toHaveLength(2);
  await writeFile(
    join(directory, 'plugin.mjs'),
    `export default class { static type = 'my_service'; ${SCHEMA} sendEvent() {} }`,
  );
  const { configuration, catalog } = await load(file, { env: {} });
  expect(configuration?.exporters.get('mine')).toMatchObject({ type: 'my_service', options: {} });
  expect(catalog.exporters.get('my_service')?.schema.properties).toMatchObject({
    channel: { description: 'Of the plugin.' },
    filters: {},
    rate_limit: {},
    queue: {},
  });
  // The same definition the next time: a reload restarts nothing.
  expect((await load(file, { env: {} })).catalog.exporters.get('my_service')).toBe(catalog.exporters.get('my_service'));
});

test('its options are checked by its schema', async () => {
  const { said } = await problemsOf(
    `export default class { static type = 'my_service'; ${SCHEMA} sendEvent() {} }`,
    'mine: { type: my_service, chanel: x }',
  );
  expect(said).toEqual([expect.stringMatching(/^2:29 .*"chanel".*did you mean "channel"/)]);
});

test('an edit of its options is taken over by a running collector', async () => {
  const directory = await temporaryDirectory();
  const file = join(directory, 'collector.yaml');
  const written = join(directory, 'out');
  await writeFile(
    join(directory, 'plugin.mjs'),
    `import { appendFileSync } from 'node:fs';
export default class {
  static type = 'my_service';
  static schema = { type: 'object', properties: { channel: { type: 'string' } } };
  constructor(name, config) { this.config = config; }
  sendEvent({ title }) { appendFileSync(${JSON.stringify(written)}, this.config.channel + ' ' + title + '\\n'); }
}
`,
  );
  const yaml = (channel: string) =>
    `connectors:\n  mine: { type: my_service, channel: ${channel} }\nservice: { plugins: [./plugin.mjs], storage: { directory: ./state }, admin: { listen: '127.0.0.1:0' } }\n`;
  await writeFile(file, yaml('a'));
  const agent = await startAgent(file);
  expect((await say(['alert', '-c', file, '-t', 'one'])).out).toMatch(/mine +sent/);
  await writeFile(file, yaml('b'));
  await agent.reload('test');
  expect((await say(['alert', '-c', file, '-t', 'two'])).out).toMatch(/mine +sent/);
  expect(await readFile(written, 'utf8')).toBe('a one\nb two\n');
});
