import { expect, test } from 'vitest';
import type { Happening } from '../../src/component/happenings.ts';
import { Announcer } from '../../src/pipeline/announcer.ts';
import { FakeClock } from '../support/fakes.ts';

function setUp() {
  const clock = new FakeClock();
  const announcer = new Announcer(clock);
  const told: string[] = [];
  announcer.subscribe(({ kind, component }) => told.push(`${kind} ${component}`));
  const announce = (kind: string, component = 'slack') =>
    announcer.announce({ kind, component, level: 'error', title: '', message: kind } satisfies Happening);
  return { clock, announcer, told, announce };
}

test('tells at once what is new', () => {
  const { told, announce } = setUp();
  announce('exporter_failing');
  announce('exporter_failing', 'email');
  announce('queue_filling');
  expect(told).toEqual(['exporter_failing slack', 'exporter_failing email', 'queue_filling slack']);
});

test('of what follows soon, tells only how it stands then', () => {
  const { clock, told, announce } = setUp();
  for (const kind of ['exporter_failing', 'exporter_recovered', 'exporter_failing', 'exporter_recovered'])
    announce(kind);
  expect(told).toEqual(['exporter_failing slack']);
  clock.advance(10_000);
  expect(told).toEqual(['exporter_failing slack', 'exporter_recovered slack']);
});

test('is silent when it stands as it was told', () => {
  const { clock, told, announce } = setUp();
  for (const kind of ['exporter_failing', 'exporter_recovered', 'exporter_failing']) announce(kind);
  clock.advance(60_000);
  expect(told).toEqual(['exporter_failing slack']);
});

test('leaves no timer behind', () => {
  const { clock, announcer, announce } = setUp();
  announce('exporter_failing');
  announcer.stop();
  expect(clock.pending).toBe(0);
});
