import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Receiver } from '../../../src/component/component.ts';
import journald from '../../../src/receivers/journald/journald.ts';
import type { JournaldOptions } from '../../../src/receivers/journald/receiver.ts';
import { eventually } from '../../support/eventually.ts';
import { type FakeContext, fakeContext, FakeSink } from '../../support/fakes.ts';

/** Follows a file of entries as journalctl follows the journal; `die` and `lost` are files beside it. */
const FAKE_JOURNALCTL = `
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
const folder = process.argv[2];
const option = (name) => process.argv.find((arg) => arg.startsWith('--' + name + '='))?.slice(name.length + 3);
appendFileSync(join(folder, 'calls'), process.argv.slice(3).join(' ') + '\\n');
const cursor = option('after-cursor');
if (cursor && existsSync(join(folder, 'lost'))) {
  console.error('Failed to seek to cursor: Invalid argument');
  process.exit(1);
}
const since = Number((option('since') ?? '@0').slice(1)) * 1000;
let printed = 0;
let passed = cursor === undefined;
const look = () => {
  const lines = readFileSync(join(folder, 'journal'), 'utf8').split('\\n').filter(Boolean);
  for (const line of lines.slice(printed)) {
    printed += 1;
    const entry = JSON.parse(line);
    if (!passed) passed = entry.__CURSOR === cursor;
    else if (Number(entry.__REALTIME_TIMESTAMP) / 1000 >= since) process.stdout.write(line + '\\n');
  }
  if (!existsSync(join(folder, 'die'))) return;
  rmSync(join(folder, 'die'));
  console.error('Journal file corrupted');
  process.exit(3);
};
setInterval(look, 5);
look();
`;

class Journal {
  readonly folder = mkdtempSync(join(tmpdir(), 'journal-'));
  #count = 0;

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
    writeFileSync(join(this.folder, 'journalctl.mjs'), FAKE_JOURNALCTL);
    writeFileSync(join(this.folder, 'journal'), '');
  }

  /** Adds an entry, a second after the one before. */
  add(fields: object): void {
    this.#count += 1;
    const time = Date.UTC(2026, 0, 15, 12, 0, this.#count) * 1_000 + 123;
    const entry = { __CURSOR: `c${this.#count}`, __REALTIME_TIMESTAMP: String(time), ...fields };
    appendFileSync(join(this.folder, 'journal'), `${JSON.stringify(entry)}\n`);
  }

  touch(name: string): void {
    writeFileSync(join(this.folder, name), '');
  }

  get calls(): string[] {
    const file = join(this.folder, 'calls');
    // Whole lines: the file is there before what is written to it.
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  }

  get command(): string[] {
    return [process.execPath, join(this.folder, 'journalctl.mjs'), this.folder];
  }
}

interface Running {
  readonly receiver: Receiver;
  readonly sink: FakeSink;
  readonly context: FakeContext;
}

function built(journal: Journal, rest: Partial<JournaldOptions> = {}, sink = new FakeSink()): Running {
  const context = fakeContext('journald');
  const options: JournaldOptions = {
    start_at: 'end',
    units: [],
    identifiers: [],
    command: journal.command,
    max_line_size: 65_536,
    ...rest,
  };
  const receiver = journald.create(options, context, sink);
  onTestFinished(async () => {
    sink.settlement = 'safe';
    for (const settled of sink.unsettled.splice(0)) settled('safe');
    await receiver.stop();
  });
  return { receiver, sink, context };
}

const signal = AbortSignal.timeout(60_000);
const messages = ({ sink }: Running): string[] => sink.events.map(({ message }) => message);
const arrived = (running: Running, count: number): Promise<void> =>
  eventually(() => running.sink.events.length === count, `${count} arrived`);

describe('journald', () => {
  test('makes an event of an entry', async () => {
    const journal = new Journal();
    const running = built(journal);
    await running.receiver.start(signal);
    journal.add({
      MESSAGE: 'Accepted publickey',
      PRIORITY: '4',
      SYSLOG_FACILITY: '4',
      SYSLOG_IDENTIFIER: 'sshd',
      _HOSTNAME: 'web1',
      _PID: '812',
      _COMM: 'sshd',
      _SYSTEMD_UNIT: 'ssh.service',
      _BOOT_ID: 'b',
      CODE_FILE: 'a.c',
      USER_NAME: [0xe4, 0x41],
    });
    await arrived(running, 1);
    const [event] = running.sink.events;
    expect(event).toMatchObject({
      timestamp: Date.UTC(2026, 0, 15, 12, 0, 1),
      level: 'warning',
      eventType: 'security_event',
      source: 'sshd',
      title: 'Accepted publickey',
      message: 'Accepted publickey',
      tags: [],
    });
    expect({ ...event!.metadata }).toEqual({
      severity: 'warning',
      facility: 'auth',
      hostname: 'web1',
      appname: 'sshd',
      procid: '812',
      unit: 'ssh.service',
      journal: { CODE_FILE: 'a.c', USER_NAME: '\ufffdA' },
    });
  });

  test.each([
    ['bytes', [72, 105, 10, 33], 'Hi\n!'],
    ['a repeated field', ['first', 'second'], 'first'],
    ['nothing', null, ''],
  ])('reads a message of %s', async (_, MESSAGE, expected) => {
    const journal = new Journal();
    const running = built(journal);
    await running.receiver.start(signal);
    journal.add({ MESSAGE });
    await arrived(running, 1);
    expect(running.sink.events[0]).toMatchObject({ message: expected, level: 'info', source: 'journald' });
  });

  test('asks journalctl for what is wanted', async () => {
    const journal = new Journal();
    const { receiver } = built(journal, {
      start_at: 'beginning',
      units: ['a', 'b'],
      identifiers: ['i'],
      priority: 'err',
      directory: '/d',
    });
    await receiver.start(signal);
    await eventually(() => journal.calls.length === 1, 'it was called');
    expect(journal.calls[0]).toBe(
      '--follow --no-tail --output=json --all --quiet --unit=a --unit=b --identifier=i --priority=err --directory=/d',
    );
  });

  test('goes on after a restart where everything was safe, and repeats what was not', async () => {
    const journal = new Journal();
    const first = built(journal);
    await first.receiver.start(signal);
    journal.add({ MESSAGE: 'one' });
    await arrived(first, 1);
    first.sink.settlement = undefined;
    journal.add({ MESSAGE: 'two' });
    await arrived(first, 2);
    const snapshot = JSON.parse(JSON.stringify(first.receiver.snapshot!())) as unknown;
    expect(snapshot).toEqual({ version: 1, cursor: 'c1', time: Date.UTC(2026, 0, 15, 12, 0, 1) });
    const second = built(journal);
    second.receiver.restore!(snapshot);
    await second.receiver.start(signal);
    journal.add({ MESSAGE: 'three' });
    await arrived(second, 2);
    expect(messages(second)).toEqual(['two', 'three']);
  });

  test('pushes again what no queue took', async () => {
    const journal = new Journal();
    const running = built(journal);
    await running.receiver.start(signal);
    running.sink.settlement = 'failed';
    journal.add({ MESSAGE: 'one' });
    await arrived(running, 1);
    expect(running.receiver.snapshot!()).not.toHaveProperty('cursor', 'c1');
    running.sink.settlement = 'safe';
    running.context.clock.advance(1_000);
    expect(messages(running)).toEqual(['one', 'one']);
    expect(running.receiver.snapshot!()).toHaveProperty('cursor', 'c1');
  });

  test('waits while there is no room', async () => {
    const journal = new Journal();
    const running = built(journal);
    await running.receiver.start(signal);
    journal.add({ MESSAGE: 'one' });
    await arrived(running, 1);
    running.sink.room = false;
    journal.add({ MESSAGE: 'two' });
    journal.add({ MESSAGE: 'three' });
    running.sink.makeRoom();
    await arrived(running, 3);
    expect(running.sink.refusals).toEqual({});
    expect(messages(running)).toEqual(['one', 'two', 'three']);
  });

  test('starts journalctl again when it dies, ever later, and misses nothing', async () => {
    const journal = new Journal();
    const running = built(journal);
    await running.receiver.start(signal);
    journal.add({ MESSAGE: 'one' });
    await arrived(running, 1);
    const deaths = (): number => running.context.counts['journalctl_restarts']!;
    for (const [count, delay] of [
      [1, 1_000],
      [2, 2_000],
    ] as const) {
      journal.touch('die');
      await eventually(() => deaths() === count, 'it died');
      running.context.clock.advance(delay - 1);
      expect(journal.calls).toHaveLength(count);
      running.context.clock.advance(1);
      await eventually(() => journal.calls.length === count + 1, 'it runs again');
    }
    expect(running.context.lines.at(-1)!.message).toBe(
      'journalctl ended (exit code 3: Journal file corrupted); it is started again in 2 s, where it left off',
    );
    expect(journal.calls.at(-1)).toContain('--after-cursor=c1');
    journal.add({ MESSAGE: 'two' });
    await arrived(running, 2);
  });

  test('tries again where the system refuses the process', async () => {
    const journal = new Journal();
    const running = built(journal, { max_line_size: 1_048_576 });
    await running.receiver.start(signal);
    // Longer than an argument may be.
    journal.add({ MESSAGE: 'one', __CURSOR: 'c'.repeat(200_000) });
    await arrived(running, 1);
    journal.touch('die');
    const deaths = (): number => running.context.counts['journalctl_restarts']!;
    await eventually(() => deaths() === 1, 'it died');
    running.context.clock.advance(1_000);
    expect(deaths()).toBe(2);
    expect(running.context.lines.at(-1)!.message).toMatch(/^journalctl ended \(E2BIG\); it is started again in 2 s/);
    running.context.clock.advance(2_000);
    running.context.clock.advance(4_000);
    await eventually(() => journal.calls.length === 2, 'it runs again');
  });

  test('looks for its place by time where the journal has lost it', async () => {
    const journal = new Journal();
    journal.touch('lost');
    const running = built(journal);
    running.receiver.restore!({ version: 1, cursor: 'gone', time: Date.UTC(2026, 0, 15, 12, 0, 2) });
    for (const MESSAGE of ['one', 'two', 'three']) journal.add({ MESSAGE });
    await running.receiver.start(signal);
    await eventually(() => {
      running.context.clock.advance(4_000);
      return running.sink.events.length === 2;
    }, 'what came from then on arrived');
    expect(messages(running)).toEqual(['two', 'three']);
  });

  test('a reload goes on where it was, with what was not safe yet', async () => {
    const journal = new Journal();
    const old = built(journal);
    await old.receiver.start(signal);
    journal.add({ MESSAGE: 'one' });
    await arrived(old, 1);
    old.sink.settlement = undefined;
    journal.add({ MESSAGE: 'two' });
    await arrived(old, 2);
    const next = built(journal, { units: ['x'] }, old.sink);
    next.receiver.adopt!(old.receiver);
    await next.receiver.start(signal);
    await old.receiver.stop();
    journal.add({ MESSAGE: 'three' });
    await arrived(next, 3);
    expect(next.receiver.snapshot!()).toHaveProperty('cursor', 'c1');
    for (const settled of old.sink.unsettled.splice(0)) settled('safe');
    expect(next.receiver.snapshot!()).toHaveProperty('cursor', 'c3');
    expect(messages(next)).toEqual(['one', 'two', 'three']);
  });

  test('a reload that fails goes on with the old options', async () => {
    const journal = new Journal();
    const old = built(journal);
    await old.receiver.start(signal);
    const next = built(journal, { command: ['/no/such/journalctl'] }, old.sink);
    next.receiver.adopt!(old.receiver);
    await expect(next.receiver.start(signal)).rejects.toThrow(
      '/no/such/journalctl is not on this machine: it comes with systemd.',
    );
    old.receiver.adopt!(next.receiver);
    await next.receiver.stop();
    journal.add({ MESSAGE: 'one' });
    await arrived(old, 1);
    // One that fails before this receiver was started.
    const another = built(journal, {}, old.sink);
    another.receiver.adopt!(old.receiver);
    old.receiver.adopt!(another.receiver);
    await another.receiver.stop();
    journal.add({ MESSAGE: 'two' });
    await arrived(old, 2);
  });

  test('what no queue took meanwhile is pushed by the old options', async () => {
    const journal = new Journal();
    const old = built(journal);
    await old.receiver.start(signal);
    const next = built(journal, { units: ['x'] }, old.sink);
    next.receiver.adopt!(old.receiver);
    await next.receiver.start(signal);
    old.sink.settlement = 'failed';
    journal.add({ MESSAGE: 'one' });
    await arrived(next, 1);
    old.sink.settlement = 'safe';
    old.receiver.adopt!(next.receiver);
    expect(messages(old)).toEqual(['one', 'one']);
    await next.receiver.stop();
  });

  test('keeps a line that is no JSON', () => {
    const { events } = journald.decode!({} as never, fakeContext(), Buffer.from('-- cursor\n'));
    expect(events).toMatchObject([{ message: '-- cursor', source: 'journald' }]);
    expect(events[0]!.metadata['parse_error']).toBe('the line of journalctl is no JSON object');
  });
});
