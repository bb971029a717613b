import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { main } from '../../src/cli/program.ts';
import { eventually } from '../support/eventually.ts';
import { fileInFolder, Paper, say, startAgent } from '../support/in-process.ts';

const FILE = (parts: { processors?: string; slack?: string }) => `
receivers: { http: {} }
exporters:
  slack/ops: { webhook_url: 'https://hooks.example.com/T/B/s3cretS3cret'${parts.slack ?? ''} }
pipelines:
  main: { receivers: [http], processors: [${parts.processors ?? ''}], exporters: [slack/ops] }
`;

async function hintsOf(parts: Parameters<typeof FILE>[0]): Promise<string[]> {
  const { file } = await fileInFolder(FILE(parts));
  const { status, out } = await say(['validate', '-c', file, '--format', 'json']);
  expect(status).toBe(0);
  const { problems } = JSON.parse(out) as { problems: { line: number; column: number; message: string }[] };
  return problems
    .filter(({ message }) => !message.includes('in the clear'))
    .map(({ line, column, message }) => `${line}:${column} ${message}`);
}

test.for([
  [
    'two filters that no event meets',
    { processors: 'filter: { event_types: [security_event] }, filter: { event_types: [system_health] }' },
    /^5:\d+ nothing passes: no event meets this and the filter before it \(line 5\)$/,
  ],
  [
    'a filter that contradicts itself',
    { processors: "filter: { min_level: error, when: 'level == warning' }" },
    /^5:\d+ no event meets these conditions together/,
  ],
  [
    'a door that contradicts the pipeline',
    { processors: "filter: { when: 'level <= info' }", slack: ', filters: { min_level: error }' },
    /^3:\d+ nothing passes/,
  ],
  [
    'an event type that is nearly a documented one',
    { processors: 'filter: { event_types: [securty_event] }' },
    /^5:\d+ .*is security_event meant\?$/,
  ],
  [
    'a pipeline whose exporters are all disabled',
    { slack: ', enabled: false' },
    /^5:3 every exporter of the pipeline main is disabled: its events go nowhere$/,
  ],
  [
    'a limit that holds critical events back unsaid',
    { slack: ', rate_limit: { max_per_window: 5, window: 1h, by: [source] }' },
    /^3:\d+ a critical event for slack\/ops can be held back/,
  ],
] as const)('%s is valid, and hinted at', async ([, parts, hint]) => {
  expect(await hintsOf(parts)).toEqual([expect.stringMatching(hint)]);
});

test.for([
  [
    'an enrich in between may change the type',
    {
      processors:
        'filter: { event_types: [custom] }, enrich: { set: { event_type: security_event } }, filter: { event_types: [security_event] }',
    },
  ],
  [
    'a condition that is not understood',
    { processors: 'filter: { min_level: error, when: \'level == warning || source == "db"\' }' },
  ],
  ['a type of the user’s own', { processors: 'filter: { event_types: [deployment] }' }],
  [
    'a type that the file itself gives',
    { processors: 'enrich: { event_type: [{ value: costom }] }, filter: { event_types: [costom] }' },
  ],
  [
    'the limit of the documentation, a window for each level',
    { slack: ', rate_limit: { max_per_window: 5, window: 1h }' },
  ],
  [
    'a limit that says what it held back',
    { processors: 'ratelimit: { max_per_window: 5, window: 1h, by: [source], summary: true }' },
  ],
  [
    'a limit of critical events alone',
    { processors: 'filter: { min_level: critical }, ratelimit: { max_per_window: 5, window: 1h, by: [source] }' },
  ],
  [
    'filters that narrow',
    {
      processors:
        'filter: { min_level: warning }, filter: { min_level: error, event_types: [custom, security_event] }, filter: { event_types: [custom] }',
    },
  ],
] as const)('%s: no hint', async ([, parts]) => {
  expect(await hintsOf(parts)).toEqual([]);
});

test('with --watch it says again after each edit what is wrong', async () => {
  const { file, whole } = await fileInFolder(FILE({}));
  const [stdout, stderr, ends] = [new Paper(), new Paper(), new AbortController()];
  const ended = main(['validate', '--watch', '-c', file], { env: {}, stdout, stderr, ends: ends.signal });
  await eventually(() => stdout.text.includes('is valid: 1 receiver'), 'the first look');
  await writeFile(file, whole(FILE({ processors: 'filter: { min_levle: error }' })));
  await eventually(() => stdout.text.includes('min_levle'), 'the mistake is told', 10_000);
  await writeFile(file, whole(FILE({ processors: 'filter: { min_level: error }' })));
  await eventually(() => /min_levle[\s\S]*is valid/.test(stdout.text), 'the mended file is told', 10_000);
  ends.abort();
  expect(await ended).toBe(0);
});

test('what would keep a component from starting is told too, all of it, unless the machine has no secrets', async () => {
  const { file, folder } = await fileInFolder(`
receivers:
  http: { listen: 'https://127.0.0.1:0', tls: { cert_file: /nowhere/cert.pem, key_file: /nowhere/key.pem } }
processors:
  enrich/hosts: { lookup: { file: /nowhere/hosts.csv, key: source } }
exporters: { console: {} }
pipelines:
  one: { receivers: [http], processors: [enrich/hosts], exporters: [console] }
  two: { receivers: [http], processors: [enrich/hosts], exporters: [console] }
`);
  const { status, out } = await say(['validate', '-c', file]);
  expect(status).toBe(1);
  expect(out.replaceAll(`${folder}/`, '').match(/^.* error: .*$/gm)).toEqual([
    expect.stringMatching(/^collector\.yaml:2:\d+ error: http: cannot read \/nowhere\/cert\.pem: ENOENT/),
    expect.stringMatching(
      /^collector\.yaml:4:\d+ error: enrich\/hosts: the table \/nowhere\/hosts\.csv cannot be used/,
    ),
  ]);
  await expect(startAgent(file)).rejects.toThrow();
  expect((await say(['validate', '--no-secrets', '-c', file])).status).toBe(0);
});
