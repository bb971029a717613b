import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import teams from '../../src/exporters/teams.ts';
import { deliver, exporterOf, withDefaults } from '../support/exporter.ts';
import { exporterContract } from '../support/exporter-contract.ts';
import { event } from '../support/fakes.ts';
import { expectGolden, goldenEvents, pretty } from '../support/golden.ts';
import { serve, type TestAnswer } from '../support/http-server.ts';

exporterContract(teams, {
  config: (url) => withDefaults(teams, { webhook_url: url }),
  success: { status: 202 },
});

interface Message {
  summary: string;
  attachments: {
    contentType: string;
    content: { body: { style: string; items: { inlines: { text: string; color?: string }[] }[] }[] };
  }[];
}

const requestOf = (fields: Partial<Event>, options: object = {}): string =>
  exporterOf<string>(teams, { webhook_url: 'http://127.0.0.1:1/', ...options }).encode([event(fields)])[0]!.request;

/** The card's text, a line a block. */
const textOf = (fields: Partial<Event>, options: object = {}): string[] =>
  (JSON.parse(requestOf(fields, options)) as Message).attachments[0]!.content.body[0]!.items.map(({ inlines }) =>
    inlines.map(({ text }) => text).join(''),
  );

test('cards are the golden ones', () => {
  const exporter = exporterOf<string>(teams, { webhook_url: 'http://127.0.0.1:1/' });
  expectGolden(
    'teams.json',
    exporter
      .encode(goldenEvents())
      .map(({ request }) => pretty(request))
      .join(''),
  );
});

test('shows title, message line by line, details and origin', () => {
  expect(textOf({ level: 'error', title: 'Disk full', message: 'a\n\nb', metadata: { free: 0 } })).toEqual([
    'ERROR · Disk full',
    'a',
    ' ',
    'b',
    'free: 0',
    'test · 2026-01-15 12:00:00 UTC',
  ]);
});

test('a template makes the text', () => {
  expect(textOf({ title: '**x**' }, { template: '{title}\nby {metadata.user}' })).toEqual(['**x**', 'by']);
  expect(textOf({}, { template: '{metadata.none}' })[0]).toBe('INFO · title');
});

test('no text is in an element that knows Markdown or mentions', () => {
  const evil = '<at>all</at> [x](http://192.0.2.9) **b**';
  const request = requestOf({ title: evil, message: evil, source: evil, tags: [evil], metadata: { [evil]: evil } });
  expect(request).not.toMatch(/"TextBlock"|"FactSet"|"entities"/);
});

test.for(['x', '€', '😀', '"', '\n', '\u0001', 'a\n'])('%j over and over fits, whole', (character) => {
  const long = character.repeat(30_000);
  const metadata = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`${long.slice(0, 90)}${n}`, long]));
  for (const request of [
    requestOf({ title: long, message: `b${long}c`, source: long, tags: [long], metadata }),
    requestOf({ message: `b${long}` }, { template: '{message}' }),
  ]) {
    expect(request.length * 2).toBeLessThanOrEqual(28_000);
    expect(Buffer.byteLength(request)).toBeLessThanOrEqual(28_000);
    expect(JSON.stringify(JSON.parse(request))).toBe(request);
    expect(request).not.toMatch(/\\ud[89ab]../);
  }
});

describe('answers', () => {
  const verdictOn = async (answer: TestAnswer) => {
    const server = await serve(answer);
    return (await deliver(exporterOf(teams, { webhook_url: server.url }), [event()]))[0];
  };
  const behind = (status: number): TestAnswer => ({
    body: `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ${status} with ContextId tcid=1`,
  });

  test('a connector’s 200 is what Teams answered behind it', async () => {
    expect(await verdictOn({ body: '1' })).toEqual({ kind: 'sent' });
    expect(await verdictOn(behind(429))).toMatchObject({ kind: 'later' });
    expect(await verdictOn(behind(413))).toMatchObject({ kind: 'refused' });
  });

  test('a workflow that is off holds the queue, a bad card does not', async () => {
    const body = (code: string) => JSON.stringify({ error: { code, message: 'why' } });
    expect(await verdictOn({ status: 400, body: body('WorkflowTriggerIsNotEnabled') })).toMatchObject({
      kind: 'misconfigured',
      reason: expect.stringContaining('switch the workflow on'),
    });
    expect(await verdictOn({ status: 400, body: body('TriggerInputSchemaMismatch') })).toEqual({
      kind: 'refused',
      reason: 'answered 400: why',
    });
  });
});

test('hints at a webhook in clear text', () => {
  expect(teams.check!(withDefaults(teams, { webhook_url: 'http://example.com/x' }))).toMatchObject([
    { severity: 'hint', path: ['webhook_url'] },
  ]);
});
