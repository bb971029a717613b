import { expect, test } from 'vitest';
import { Announcer } from '../../src/pipeline/announcer.ts';
import internal from '../../src/receivers/internal.ts';
import { fakeContext, FakeSink } from '../support/fakes.ts';

test('makes an event of what happens to the collector, until it is stopped', async () => {
  const context = fakeContext('internal');
  const announcer = new Announcer(context.clock);
  const sink = new FakeSink();
  const receiver = internal.create({}, { ...context, happenings: announcer }, sink);
  await receiver.start(new AbortController().signal);
  announcer.announce({
    kind: 'exporter_failing',
    level: 'error',
    component: 'slack/ops',
    title: 'slack/ops cannot deliver now',
    message: 'answered 503',
    metadata: { reason: 'answered 503' },
  });
  await receiver.stop();
  announcer.announce({ kind: 'reload_refused', level: 'error', component: 'collector', title: 'later', message: '' });
  expect(sink.events).toMatchObject([
    {
      level: 'error',
      eventType: 'system_health',
      source: 'lnmt-collector',
      title: 'slack/ops cannot deliver now',
      message: 'answered 503',
      metadata: { kind: 'exporter_failing', component: 'slack/ops', reason: 'answered 503' },
      tags: ['internal'],
    },
  ]);
});
