import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import health from '../../src/receivers/health.ts';
import { eventually } from '../support/eventually.ts';
import { FakeSink, fakeContext, type FakeContext } from '../support/fakes.ts';
import { temporaryDirectory } from '../support/temporary.ts';

type Options = Parameters<typeof health.create>[0];

const options = (more: Partial<Options> = {}): Options => ({
  interval: 60_000,
  check_interval: 10_000,
  thresholds: { cpu: 90, memory: 90, disk: 90, load: 0 },
  recovery: 5,
  for: 0,
  paths: [],
  root: '/',
  source: 'web1',
  ...more,
});

interface Machine {
  readonly root: string;
  cpu(busy: number, idle: number): Promise<void>;
  memory(usedPercent: number): Promise<void>;
  write(path: string, text: string): Promise<void>;
}

async function machine(): Promise<Machine> {
  const root = await temporaryDirectory();
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  const one: Machine = {
    root,
    write,
    cpu: (busy, idle) => write('proc/stat', `cpu  ${busy} 0 0 ${idle} 0 0 0 0 0 0\ncpu0 1 1 1 1\n`),
    memory: (used) =>
      write('proc/meminfo', `MemTotal:      1000000 kB\nMemFree:   1 kB\nMemAvailable:  ${10_000 * (100 - used)} kB\n`),
  };
  await one.cpu(0, 0);
  await one.memory(40);
  await write('proc/loadavg', '1.50 1.20 0.90 2/345 6789\n');
  return one;
}

async function started(config: Options, context: FakeContext = fakeContext('health')) {
  const sink = new FakeSink();
  const receiver = health.create(config, context, sink);
  await receiver.start(new AbortController().signal);
  onTestFinished(() => receiver.stop());
  /** Lets a check that is due run to its end. */
  const check = async (afterMs: number): Promise<void> => {
    await eventually(() => context.clock.pending > 0, 'the next check is planned');
    context.clock.advance(afterMs);
    await eventually(() => context.clock.pending > 0, 'the check is done');
  };
  return { sink, receiver, check, context };
}

const titles = ({ events }: FakeSink) => events.map(({ eventType, level, title }) => `${eventType} ${level} ${title}`);

test('reports soon after the start, then at intervals', async () => {
  const { root, cpu } = await machine();
  const { sink, check } = await started(options({ root }));
  await cpu(100, 300);
  await check(1_000);
  expect(sink.events).toMatchObject([
    {
      eventType: 'system_health',
      level: 'info',
      source: 'web1',
      title: 'web1: CPU 25 %, memory 40 %, load 1.5',
      metadata: { cpu_percent: 25, memory_percent: 40, memory_total_bytes: 1_024_000_000, load_1: 1.5, load_15: 0.9 },
      tags: ['health'],
    },
  ]);
  for (let count = 0; count < 6; count += 1) await check(10_000);
  expect(sink.events).toHaveLength(2);
});

test('tells of a limit crossed, of it getting worse, and of it being over', async () => {
  const { root, memory } = await machine();
  const { sink, check } = await started(options({ root, interval: 3_600_000 }));
  await check(1_000);
  sink.events.length = 0;
  for (const used of [92, 93, 91, 96, 88, 84, 50]) {
    await memory(used);
    await check(10_000);
  }
  expect(titles(sink)).toEqual([
    'threshold_breach warning memory is past 90 %: 92 %',
    'threshold_breach critical memory is past 90 %: 96 %',
    'threshold_breach info memory is below 90 % again: 84 %',
  ]);
  expect(sink.events[2]!.metadata).toMatchObject({
    metric: 'memory',
    value: 84,
    threshold: 90,
    recovered: true,
    lasted_seconds: 50,
  });
});

test('a reload and a restart say nothing again', async () => {
  const { root, memory } = await machine();
  await memory(95);
  const first = await started(options({ root }));
  await first.check(1_000);
  expect(titles(first.sink)).toHaveLength(2);
  const second = health.create(options({ root, recovery: 6 }), fakeContext(), new FakeSink());
  second.adopt!(first.receiver);
  expect(second.snapshot!()).toMatchObject({ memory: { said: 'grave' } });
  const third = await machine();
  await third.memory(95);
  const context = fakeContext();
  const sink = new FakeSink();
  const restarted = health.create(options({ root: third.root }), context, sink);
  restarted.restore!(JSON.parse(JSON.stringify(first.receiver.snapshot!())));
  await restarted.start(new AbortController().signal);
  onTestFinished(() => restarted.stop());
  context.clock.advance(1_000);
  await eventually(() => sink.events.length > 0, 'it reports');
  expect(titles(sink)).toEqual([expect.stringMatching(/^system_health warning/)]);
});

test('a limit that was crossed before a reload, and no more, is forgotten', async () => {
  const { root, memory } = await machine();
  await memory(92);
  const first = await started(options({ root }));
  await first.check(1_000);
  const context = fakeContext();
  const sink = new FakeSink();
  const second = health.create(options({ root }), context, sink);
  second.adopt!(first.receiver);
  await second.start(new AbortController().signal);
  onTestFinished(() => second.stop());
  expect(second.snapshot!()).toMatchObject({ memory: { said: 'breached' } });
  await memory(50);
  context.clock.advance(1_000);
  await eventually(() => sink.events.length > 0, 'it is over');
  expect(titles(sink)).toEqual(['threshold_breach info memory is below 90 % again: 50 %']);
  expect(second.snapshot!()).toEqual({});
});

test.for([
  [
    'v2',
    {
      'sys/fs/cgroup/cpu.max': '50000 100000',
      'sys/fs/cgroup/memory.max': '1000',
      'sys/fs/cgroup/memory.current': '900',
      'sys/fs/cgroup/memory.stat': 'anon 1\ninactive_file 300',
    },
    'sys/fs/cgroup/cpu.stat',
    (seconds: number) => `usage_usec ${seconds * 1e6}\nuser_usec 1`,
  ],
  [
    'v1',
    {
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '50000',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '1000',
      'sys/fs/cgroup/memory/memory.usage_in_bytes': '900',
      'sys/fs/cgroup/memory/memory.stat': 'total_inactive_file 300',
    },
    'sys/fs/cgroup/cpuacct/cpuacct.usage',
    (seconds: number) => `${seconds * 1e9}`,
  ],
] as const)('in a container, reckons with the limits of its cgroup (%s)', async ([, files, cpuFile, usage]) => {
  const { root, write } = await machine();
  for (const [path, text] of Object.entries(files)) await write(path, `${text}\n`);
  await write(cpuFile, usage(10));
  const { sink, check } = await started(options({ root }));
  await write(cpuFile, usage(10.25));
  await check(1_000);
  // A quarter of a second of CPU time in one second of half a CPU.
  expect(sink.events[0]!.metadata).toMatchObject({
    cpu_percent: 50,
    cpus: 0.5,
    memory_percent: 60,
    memory_total_bytes: 1_000,
    container: true,
  });
});

test('a cgroup without limits, and one that says so with a huge number, is the machine', async () => {
  const { root, write, cpu } = await machine();
  await write('sys/fs/cgroup/cpu.max', 'max 100000\n');
  await write('sys/fs/cgroup/memory/memory.limit_in_bytes', '9223372036854771712\n');
  const { sink, check } = await started(options({ root }));
  await cpu(1, 1);
  await check(1_000);
  expect(sink.events[0]!.metadata).toMatchObject({ cpu_percent: 50, memory_percent: 40 });
  expect(sink.events[0]!.metadata).not.toHaveProperty('container');
});

test('watches real disks; one that is not there is left out', async () => {
  const { sink, check } = await started(
    options({ paths: ['/', '/nonexistent'], thresholds: { cpu: 0, memory: 0, disk: 0.1, load: 0 } }),
  );
  await check(1_000);
  expect(titles(sink)[0]).toMatch(/^threshold_breach \w+ disk \/ is past 0\.1 %/);
  expect(sink.events[0]!.metadata).toMatchObject({ metric: 'disk', path: '/' });
  expect(Object.keys(sink.events[1]!.metadata['disk'] as object)).toEqual(['/']);
});

test('stops', async () => {
  const { receiver, context } = await started(options());
  await receiver.stop();
  await receiver.stop();
  expect(context.clock.pending).toBe(0);
});
