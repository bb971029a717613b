/** The commands as a shell sees them: exit status, results on standard output, the rest on standard error. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { command } from '../support/command.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { exampleFiles } from '../support/yaml-blocks.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const BROKEN = `receivers:
  http: { listen: http://127.0.0.1:8686, max_boddy: 1MiB }
exporters:
  slack/ops:
    webhook_url: https://hooks.slack.com/services/T000/B000/s3cret
    time_out: 5s
pipelines:
  all: { receivers: [http], exporters: [slack/opps] }
`;

async function fileOf(text: string): Promise<string> {
  const file = join(await temporaryDirectory(), 'collector.yaml');
  await writeFile(file, text);
  return file;
}

test('what sample-config prints is valid, and can be listed', async () => {
  const sample = await command(['sample-config']);
  expect(sample).toMatchObject({ status: 0, stderr: '' });
  const file = await fileOf(sample.stdout);
  const [valid, listed] = await Promise.all([command(['validate', '-c', file]), command(['list', '-c', file])]);
  expect(valid).toMatchObject({ status: 0, stderr: '' });
  expect(valid.stdout).toMatch(/is valid: 3 receivers, 2 pipelines, 5 exporters/);
  expect(listed.status).toBe(0);
  expect(listed.stdout).toMatch(/slack\/ops +slack +no/);
});

test.for(exampleFiles())('$place is valid', async ({ place }) => {
  const { status, stdout } = await command(['validate', '--no-secrets', '-c', join(root, place)]);
  expect([status, stdout]).toEqual([0, expect.stringMatching(/ is valid: /)]);
  expect(stdout).not.toMatch(/ error: /);
});

test('validate prints all problems at once, with their places and no secret, and exits with 1', async () => {
  const file = await fileOf(BROKEN);
  const [text, json] = await Promise.all([
    command(['validate', '-c', file]),
    command(['validate', '--format', 'json', '--config', file]),
  ]);
  for (const { status, stderr, stdout } of [text, json]) {
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).not.toContain('s3cret');
  }
  expect(text.stdout).toMatch(/:2:42 error: unknown option "max_boddy" of http; did you mean "max_body"\?/);
  expect(text.stdout).toMatch(/:6:5 error: unknown option "time_out" of slack; did you mean "timeout"\?/);
  expect(text.stdout).toMatch(/:8:41 error: there is no exporter "slack\/opps"; did you mean "slack\/ops"\?/);
  const { valid, problems } = JSON.parse(json.stdout) as {
    valid: boolean;
    problems: { line: number; severity: string }[];
  };
  expect(valid).toBe(false);
  expect(problems.filter(({ severity }) => severity === 'error').map(({ line }) => line)).toEqual([2, 6, 8]);
});

test('run says what is wrong as validate does, and exits with 1', async () => {
  const { status, stdout, stderr } = await command(['run', '-c', await fileOf(BROKEN)]);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/:6:5 error: unknown option "time_out" of slack; did you mean "timeout"\?/);
});

test('a file that is not there is said, with what to do, and exits with 1', async () => {
  const cwd = await temporaryDirectory();
  for (const name of ['validate', 'list', 'run']) {
    const { status, stdout, stderr } = await command([name], { cwd });
    expect(status, name).toBe(1);
    expect(stdout + stderr, name).toMatch(/collector\.yaml.*there is no such file.*sample-config/);
  }
});

test('list says what is configured, as text and as JSON, with secrets masked', async () => {
  const env = { SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T000/B000/s3cret', SMTP_PASSWORD: 's3cret-too' };
  const file = join(root, 'examples/syslog-to-slack-and-mail.yaml');
  const [text, json] = await Promise.all([
    command(['list', '-c', file], { env }),
    command(['list', '--format', 'json', '-c', file], { env }),
  ]);
  expect([text.status, json.status]).toEqual([0, 0]);
  expect(text.stdout).toMatch(/slack\/ops +slack +yes/);
  expect(Object.keys(JSON.parse(json.stdout) as object)).toEqual(
    expect.arrayContaining(['receivers', 'exporters', 'pipelines']),
  );
  expect(text.stdout + json.stdout).not.toContain('s3cret');
});

test('components prints the types, and the options of one', async () => {
  const [all, json, one, wrong] = await Promise.all(
    [['components'], ['components', '--format', 'json'], ['components', 'slack'], ['components', 'slak']].map((args) =>
      command(args),
    ),
  );
  expect(all).toMatchObject({ status: 0, stderr: '' });
  for (const type of ['syslog', 'http', 'file', 'filter', 'ratelimit', 'enrich', 'slack', 'email'])
    expect(all!.stdout).toMatch(new RegExp(`^ +${type} `, 'm'));
  expect(() => JSON.parse(json!.stdout) as unknown).not.toThrow();
  expect(one).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringMatching(/webhook_url +URL, secret/) as string,
  });
  expect(wrong).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/no component type slak.*did you mean slack\?/) as string,
  });
});

test('schema prints a JSON Schema', async () => {
  const { status, stdout, stderr } = await command(['schema']);
  expect([status, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({
    $schema: expect.stringContaining('json-schema.org') as string,
    properties: { receivers: {}, exporters: {}, pipelines: {} },
  });
});

test.for([
  [[], /Usage: lnmt-collector/],
  [['bogus'], /unknown command 'bogus'/],
  [['validate', '--bogus'], /unknown option '--bogus'/],
  [['validate', '--format', 'xml'], /Allowed choices are text, json/],
  [['run', '--log-level', 'loud'], /Allowed choices are debug, info, warn, error/],
  [['list', 'more'], /too many arguments/],
] as const)('wrong usage, %j, exits with 2', async ([args, said]) => {
  const { status, stdout, stderr } = await command(args);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(said);
});

test('--help and --version exit with 0', async () => {
  const [help, ofRun, version] = await Promise.all(
    [['--help'], ['run', '--help'], ['--version']].map((args) => command(args)),
  );
  expect(help).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('validate') as string });
  expect(ofRun).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('--log-level') as string });
  expect(version).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
  });
});
