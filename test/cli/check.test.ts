import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { TestResult } from '../../src/simulation/run-test.ts';
import { fileInFolder, say } from '../support/in-process.ts';

const FILE = (tests: string) => `
receivers:
  syslog: { listen: 'udp://127.0.0.1:0' }
  http: {}
exporters:
  slack/ops: { webhook_url: 'https://hooks.example.com/T0/B0/s3cretS3cret' }
  http/store: { url: 'https://store.example.com', template: '{"what": "{title}"}' }
pipelines:
  main:
    receivers: [syslog, http]
    processors:
      - filter: { min_level: warning }
      - ratelimit: { max_per_window: 2, window: 1h, by: [source] }
    exporters: [slack/ops, http/store]
tests:
${tests}
`;

const ERROR = "{ receiver: syslog, raw: '<27>Oct 11 22:14:15 web1 app[1]: disk is full' }";
const INFO = "{ receiver: syslog, raw: '<30>Oct 11 22:14:15 web1 app[1]: started' }";

async function run(tests: string): Promise<{ status: number; out: string; results: readonly TestResult[] }> {
  const { file } = await fileInFolder(FILE(tests));
  const { status, out, err } = await say(['check', '-c', file]);
  expect(err).toBe('');
  const json = await say(['check', '-c', file, '--format', 'json']);
  return { status, out, results: (JSON.parse(json.out) as { tests: TestResult[] }).tests };
}

test('what an exporter should get is compared field by field, and a field not named does not matter', async () => {
  const { status, out } = await run(`
  - name: fields
    input: [${ERROR}]
    expect:
      slack/ops: [{ level: error, title: 'contains: disk', message: /^disk.is/, metadata: { hostname: web1 }, metadata.appname: app, source: '*' }]
      http/store: 1
  - name: the exact request
    input: [${ERROR}]
    expect:
      http/store: { requests: ['{"what": "disk is full"}'] }
  - name: the exact request as JSON
    input: [${ERROR}]
    expect:
      http/store: { requests: [{ what: disk is full }] }
      slack/ops: { requests: [{ text: '*ERROR* · disk is full', attachments: '*' }] }
`);
  expect([status, out]).toEqual([0, expect.stringContaining('3 tests passed')]);
});

test('a failed test shows what was wanted and what came, and where the events went', async () => {
  const { status, out } = await run(`
  - name: nothing is lost
    input: [${INFO}, ${ERROR}, ${ERROR}, ${ERROR}]
    expect:
      slack/ops: [{ title: started }, { title: disk is full }, { title: disk is full }, { title: disk is full }]
`);
  expect(status).toBe(1);
  expect(out).toMatch(/slack\/ops: wanted 4, got 2 +\S*collector\.yaml:19:21/);
  expect(out).toMatch(/1 +title: started +≠ +title: disk is full/);
  expect(out).toMatch(
    /"started" dropped by filter of pipeline main: level info is below warning +\S*collector\.yaml:11:30/,
  );
  expect(out).toMatch(
    /"disk is full" held back by ratelimit of pipeline main: the limit of 2 in 1h is reached for app +\S*collector\.yaml:12:38/,
  );
  expect(out).toContain('1 test failed');
});

test('the clock moves only when it is told, and destinations answer as scripted', async () => {
  const { out } = await run(`
  - name: an hour opens the window again
    input: [${ERROR}, ${ERROR}, ${ERROR}, { advance: 61m }, ${ERROR}]
    expect: { slack/ops: 3 }
  - name: what fails is tried again
    answers: { slack/ops: [500, timeout, { status: 429, retry_after: 30s }] }
    input: [${ERROR}, { advance: 90s }]
    expect: { slack/ops: { sent: 1, waiting: 0, requests: ['*', '*', '*', '*'] } }
  - name: not before it was asked to
    answers: { slack/ops: [{ status: 429, retry_after: 30s }] }
    input: [${ERROR}, { advance: 29s }]
    expect: { slack/ops: { sent: 0, waiting: 1 } }
  - name: what is refused is a dead letter
    answers: { slack/ops: 400 }
    input: [${ERROR}]
    expect: { slack/ops: { sent: [], dead_lettered: [{ title: disk is full }] } }
  - name: a wrong URL holds everything
    answers: { slack/ops: [404, 404, 404] }
    input: [${ERROR}, { advance: 10s }]
    expect: { slack/ops: { sent: 0, waiting: 1 } }
`);
  expect(out).toContain('5 tests passed');
});

test('a year that a line does not say is that of the test', async () => {
  const { out } = await run(`
  - name: the year
    at: 2031-12-24T12:00:00Z
    input: [${ERROR}]
    expect: { slack/ops: [{ timestamp: /^2031-10-11/ }] }
`);
  expect(out).toContain('1 test passed');
});

test('a test is independent of the one before it, and the same each time', async () => {
  const { out, results } = await run(`
  - { name: one, input: [${ERROR}, ${ERROR}], expect: { slack/ops: 2 } }
  - { name: two, input: [${ERROR}, ${ERROR}], expect: { slack/ops: 2 } }
`);
  expect(out).toContain('2 tests passed');
  expect(results.map(({ name }) => name)).toEqual(['one', 'two']);
});

test('what a receiver refuses fails the test', async () => {
  const { out } = await run(`
  - { name: refused, input: [{ receiver: http, raw: '{"level":"error"}' }], expect: { slack/ops: 0 } }
`);
  expect(out).toContain('http refuses the input: a title or a message is needed');
});

test.for([
  ['expectt: {}', /a test has no "expectt"; did you mean "expect"\?/],
  ['expect: { slack/opps: 1 }', /there is no exporter "slack\/opps"; did you mean "slack\/ops"\?/],
  ['expect: { slack/ops: [{ tittle: x }] }', /an event has no "tittle"; did you mean "title"\?/],
  ['expect: { slack/ops: [{ level: eror }] }', /there is no level "eror"; did you mean "error"\?/],
  ['expect: { slack/ops: many }', /is a number, from 0/],
  ['expect: { slack/ops: { snet: 1 } }', /has no "snet"; did you mean "sent"\?/],
  ['input: [{ receiver: syslogg, raw: x }]', /there is no receiver "syslogg"; did you mean "syslog"\?/],
  ['input: [{ receiver: syslog }]', /needs raw/],
  ['input: [{ receiver: syslog, rwa: x }]', /has no "rwa"; did you mean "raw"\?/],
  ['input: [{ pipeline: mian, event: { title: x } }]', /there is no pipeline "mian"; did you mean "main"\?/],
  ['input: [{ pipeline: main, event: { level: error } }]', /a title or a message is needed/],
  ['input: [{ advance: soon }]', /a length of time, such as 5s/],
  ['answers: { slack/ops: [nope] }', /an answer is a status such as 200/],
  ['at: yesterday', /at is a time/],
] as const)('%s in a test is said to be wrong, at its line, by check and by validate', async ([line, message]) => {
  const more = line.startsWith('expect') ? '' : '\n    expect: { slack/ops: 0 }';
  const { file } = await fileInFolder(FILE(`  - name: wrong\n    ${line}${more}`));
  for (const command of ['check', 'validate']) {
    const { status, out, err } = await say([command, '-c', file]);
    expect(status).toBe(1);
    expect(out + err).toMatch(message);
    expect(out + err).toMatch(/collector\.yaml:1[67]:\d+ error/);
  }
});

test('a file without tests has nothing to be checked, and that is said', async () => {
  const { file, whole } = await fileInFolder(FILE(''));
  await writeFile(file, whole(FILE('').replace('tests:', '')));
  expect(await say(['check', '-c', file])).toMatchObject({ status: 1, err: expect.stringContaining('has no tests') });
});
