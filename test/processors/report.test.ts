import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/component/errors.ts';
import type { Event } from '../../src/component/event.ts';
import { embedOf, sizeOfEmbed } from '../../src/exporters/discord/message.ts';
import { factsOf } from '../../src/exporters/email/facts.ts';
import { htmlOfOne } from '../../src/exporters/email/html.ts';
import { textOfOne } from '../../src/exporters/email/text.ts';
import { message as slackMessage } from '../../src/exporters/slack/message.ts';
import { Counts } from '../../src/lib/counts.ts';
import report from '../../src/processors/report.ts';
import { event, fakeContext, FakeOutput, type FakeContext } from '../support/fakes.ts';

type Options = Parameters<typeof report.create>[0];
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DEFAULTS: Options = { timezone: 'UTC', pass: true, send_empty: false, title: 'Report', level: 'info', top: 3 };

function reporter(options: Partial<Options> = { interval: HOUR }, context: FakeContext = fakeContext()) {
  const processor = report.create({ ...DEFAULTS, ...options }, context);
  const output = new FakeOutput();
  const process = (...batch: Event[]): Event[] => {
    processor.process(batch, output);
    return batch;
  };
  process();
  return {
    processor,
    output,
    process,
    context,
    clock: context.clock,
    titles: () => output.emitted.map(({ title }) => title),
  };
}

const many = (count: number, fields: Partial<Event>) => Array.from({ length: count }, () => event(fields));

function traffic() {
  return [
    ...many(12, { source: 'nginx', level: 'error', title: 'upstream timed out' }),
    ...many(3, { source: 'sshd', level: 'warning', title: 'Failed password', eventType: 'security_event' }),
    ...many(100, { source: 'cron', title: 'ran' }),
    ...many(1, { source: 'app', title: 'started' }),
    event({ tags: ['suppressed'], metadata: { suppressed: 40 }, title: '40 more' }),
  ];
}

test('sums up what came by, with no further traffic', () => {
  const { process, clock, output } = reporter();
  clock.advance(60_000);
  expect(process(...traffic())).toHaveLength(117);
  clock.advance(HOUR - 60_001);
  expect(output.emitted).toEqual([]);
  clock.advance(1);
  const [sent] = output.emitted;
  expect(sent).toMatchObject({
    timestamp: clock.now(),
    eventType: 'report',
    level: 'info',
    source: 'lnmt-collector',
    title: 'Report: 116 events, 12 error, 3 warning',
    metadata: {
      report: {
        from: '2026-01-15T12:00:00.000Z',
        to: '2026-01-15T13:00:00.000Z',
        first: '2026-01-15T12:01:00.000Z',
        last: '2026-01-15T12:01:00.000Z',
        events: 116,
        suppressed: 40,
        by_level: { error: 12, warning: 3, info: 101 },
        by_source: { cron: 100, nginx: 12, sshd: 3, others: 1 },
        by_type: { custom: 113, security_event: 3 },
        top_titles: [
          { title: 'ran', count: 100 },
          { title: 'upstream timed out', count: 12 },
          { title: 'Failed password', count: 3 },
        ],
      },
    },
  });
  expect(sent!.message.replaceAll('\u2007', ' ')).toBe(
    [
      'Thu 15 Jan, 12:00 – Thu 15 Jan, 13:00 (UTC)',
      '',
      'The first at Thu 15 Jan, 12:01, the last at Thu 15 Jan, 12:01.',
      '',
      '40 more events held back by limits.',
      '',
      'Levels',
      ' 12  error',
      '  3  warning',
      '101  info',
      '',
      'Types',
      '113  custom',
      '  3  security_event',
      '',
      'Sources',
      '100  cron',
      ' 12  nginx',
      '  3  sshd',
      '  1  others',
      '',
      'Most often',
      '100  ran',
      ' 12  upstream timed out',
      '  3  Failed password',
    ].join('\n'),
  );
  expect(output.drops).toEqual({ filtered: 0, suppressed: 0 });
});

test('looks well in a mail and in Slack: no numbers twice', () => {
  const { process, clock, output } = reporter();
  process(...traffic());
  clock.advance(HOUR);
  const mail = textOfOne(factsOf(output.emitted[0]!, 'UTC', 'alone'));
  expect(mail).toContain('[INFO] Report: 116 events, 12 error, 3 warning');
  expect(mail.match(/upstream timed out/g)).toHaveLength(1);
  expect(mail).not.toContain('by_level');
  const html = htmlOfOne(factsOf(output.emitted[0]!, 'UTC', 'alone'));
  expect(html).toMatch(/>Sources<\/h2><table[^>]*><tr><td[^>]*align="right"[^>]*>100<\/td><td[^>]*>cron<\/td>/);
  const { fields } = embedOf(output.emitted[0]!);
  expect(fields!.map(({ name, inline }) => [name, inline])).toEqual([
    ['Levels', true],
    ['Types', true],
    ['Sources', true],
    ['Most often', false],
  ]);
  const slack = JSON.stringify(slackMessage(output.emitted[0]!));
  expect(slack).toContain('upstream timed out');
  expect(slack).not.toContain('by_level');
  expect(slack).toContain(String.raw`"*Levels*\n*12*  error\n*3*  warning\n*101*  info"`);
});

test('any titles, and any number of them, make a message that Slack and Discord take', () => {
  const title = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme', maxLength: 2_000 }),
    fc.constantFrom('*b* <!channel>', '\n\n1  x', '&'.repeat(999)),
  );
  fc.assert(
    fc.property(
      fc.array(fc.record({ title, source: fc.string({ maxLength: 300 }) }), { minLength: 1, maxLength: 60 }),
      (all) => {
        const { process, clock, output } = reporter({ interval: HOUR, top: 50 });
        process(...all.map((fields) => event(fields)));
        clock.advance(HOUR);
        const [{ blocks }] = slackMessage(output.emitted[0]!).attachments;
        const texts = blocks.flatMap((block) =>
          'fields' in block ? block.fields : 'text' in block ? [block.text] : [],
        );
        for (const { text } of texts) expect(text.length).toBeLessThanOrEqual(2_000);
        expect(texts.map(({ text }) => text).join('')).not.toMatch(/<!channel/);
        const embed = embedOf(output.emitted[0]!);
        expect(sizeOfEmbed(embed)).toBeLessThanOrEqual(6_000);
        for (const { name, value } of embed.fields ?? []) {
          expect(name.length * value.length).toBeGreaterThan(0);
          expect(value.length).toBeLessThanOrEqual(1_024);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('pass: false keeps the events', () => {
  const { process, output, processor, titles, clock } = reporter({ interval: HOUR, pass: false });
  expect(process(...many(3, {}))).toEqual([]);
  expect(output.drops).toEqual({ filtered: 0, suppressed: 3 });
  expect(processor.objection?.(event())).toBe('it is collected for the report at 2026-01-15T13:00:00.000Z');
  clock.advance(HOUR);
  expect(titles()).toEqual(['Report: 3 events']);
});

describe('when', () => {
  test('every interval, in step; periods without events are passed over, or told', () => {
    for (const send_empty of [false, true]) {
      const { process, clock, titles, output } = reporter({ interval: HOUR, send_empty });
      process(event());
      clock.advance(3 * HOUR);
      process(event());
      clock.advance(HOUR);
      const nothing = ['Report: nothing happened', 'Report: nothing happened'];
      expect(titles()).toEqual(['Report: 1 event', ...(send_empty ? nothing : []), 'Report: 1 event']);
      if (send_empty) expect(output.emitted[1]!.message).toContain('Nothing happened.');
    }
  });

  test('as cron says, in its time zone, over a change of the clocks', () => {
    const context = fakeContext();
    context.clock.time = Date.UTC(2026, 2, 27, 12);
    const { clock, output } = reporter({ cron: '0 8 * * 1-5', timezone: 'Europe/Berlin', send_empty: true }, context);
    clock.advance(4 * DAY);
    // Monday and Tuesday, in summer time.
    expect(output.emitted.map(({ timestamp }) => new Date(timestamp).toISOString())).toEqual([
      '2026-03-30T06:00:00.000Z',
      '2026-03-31T06:00:00.000Z',
    ]);
  });

  test('is said once, and right', () => {
    const check = (options: Partial<Options>) => report.check?.({ ...DEFAULTS, ...options });
    expect(check({ interval: DAY })).toEqual([]);
    expect(check({})).toMatchObject([{ severity: 'error' }]);
    expect(check({ interval: DAY, cron: '0 8 * * *' })).toMatchObject([{ path: ['cron'] }]);
    for (const cron of ['8 o’clock', '0 8 * *', '61 * * * *', '0 0 31 2 *'])
      expect(check({ cron })).toMatchObject([{ path: ['cron'] }]);
    expect(check({ interval: DAY, timezone: 'Mars' })).toMatchObject([{ path: ['timezone'] }]);
    expect(() => reporter({})).toThrow(ConfigError);
  });
});

describe('a restart', () => {
  const restarted = (before: ReturnType<typeof reporter>, options: Partial<Options>, downMs = 0) => {
    const snapshot = JSON.parse(JSON.stringify(before.processor.snapshot?.())) as unknown;
    const context = fakeContext();
    context.clock.time = before.clock.now() + downMs;
    const processor = report.create({ ...DEFAULTS, ...options }, context);
    processor.restore?.(snapshot);
    const output = new FakeOutput();
    processor.process([], output);
    return { processor, output, clock: context.clock };
  };

  test('loses nothing, and keeps the beat', () => {
    const before = reporter();
    before.process(...traffic());
    before.clock.advance(HOUR / 2);
    const after = restarted(before, { interval: HOUR }, HOUR / 4);
    after.processor.process([event({ level: 'critical' })], after.output);
    after.clock.advance(HOUR / 4);
    expect(after.output.emitted).toMatchObject([
      { title: 'Report: 117 events, 1 critical, 12 error, 3 warning', timestamp: Date.UTC(2026, 0, 15, 13) },
    ]);
  });

  test('sends at once what fell due meanwhile, and is on time again', () => {
    const before = reporter();
    before.process(event());
    const { output, clock, processor } = restarted(before, { interval: HOUR }, 2.5 * HOUR);
    expect(output.emitted).toMatchObject([{ title: 'Report: 1 event' }]);
    processor.process([event()], output);
    clock.advance(HOUR / 2);
    expect(output.emitted).toHaveLength(2);
  });

  test('with another schedule reports when that says', () => {
    const before = reporter();
    before.process(event());
    const { output, clock } = restarted(before, { interval: 2 * HOUR });
    clock.advance(2 * HOUR - 1);
    expect(output.emitted).toEqual([]);
    clock.advance(1);
    expect(output.emitted).toMatchObject([{ title: 'Report: 1 event' }]);
  });

  test('survives any snapshot', () => {
    for (const snapshot of [null, 1, {}, { due: 'x', digest: { from: 1 } }]) {
      const { processor, process, clock, titles } = reporter();
      processor.restore?.(snapshot);
      process(event());
      clock.advance(HOUR);
      expect(titles()).toEqual(['Report: 1 event']);
    }
  });
});

test('leaves no timer behind', async () => {
  const { processor, clock } = reporter();
  expect(clock.pending).toBe(1);
  await processor.stop?.();
  await processor.stop?.();
  expect(clock.pending).toBe(0);
});

test('every event is in one report, whatever the restarts (property)', () => {
  const steps = fc.array(fc.record({ wait: fc.nat(HOUR), events: fc.nat(3), restart: fc.boolean() }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(steps, (list) => {
      const context = fakeContext();
      const output = new FakeOutput();
      const options = { ...DEFAULTS, interval: HOUR };
      let processor = report.create(options, context);
      let total = 0;
      for (const { wait, events, restart } of list) {
        context.clock.advance(wait);
        if (restart) {
          const snapshot = JSON.parse(JSON.stringify(processor.snapshot?.())) as unknown;
          void processor.stop?.();
          processor = report.create(options, context);
          processor.restore?.(snapshot);
        }
        processor.process(many(events, {}), output);
        total += events;
      }
      context.clock.advance(2 * HOUR);
      const told = output.emitted.reduce(
        (sum, { metadata }) => sum + (metadata['report'] as { events: number }).events,
        0,
      );
      expect(told).toBe(total);
    }),
  );
});

test('among any number of titles the commonest is found', () => {
  const counts = new Counts(20, 'forget_rare');
  for (let index = 0; index < 10_000; index += 1) counts.add(index % 5 === 0 ? 'common' : `rare ${index}`);
  expect(counts.top(1)).toEqual([['common', 2_000]]);
  expect(counts.size).toBeLessThanOrEqual(20);
  expect(counts.top(Infinity).reduce((sum, [, count]) => sum + count, counts.others)).toBe(10_000);
});
