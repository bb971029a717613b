import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import elasticsearch from '../../src/exporters/elasticsearch.ts';
import { deliver, exporterOf, withDefaults } from '../support/exporter.ts';
import { exporterContract } from '../support/exporter-contract.ts';
import { event } from '../support/fakes.ts';
import { expectGolden, goldenEvents } from '../support/golden.ts';
import { serve, type SeenRequest, type TestAnswer } from '../support/http-server.ts';

exporterContract(elasticsearch, {
  config: (url) =>
    withDefaults(elasticsearch, {
      url,
      api_key: 's3cret-key',
      auth: { type: 'basic', username: 'u', password: 's3cret-pw' },
    }),
  success: { body: '{"errors":false,"items":[{"create":{"status":201}}]}' },
});

interface Action {
  create: { _index: string; _id: string };
}

const lines = (body: string): unknown[] =>
  body
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);

/** Answers as the bulk API does: each document once, and `fault` for those that it will not have. */
function cluster(fault: (id: string) => object | undefined = () => undefined): {
  ids: Set<string>;
  answer: (request: SeenRequest) => TestAnswer;
} {
  const ids = new Set<string>();
  const answer = ({ body }: SeenRequest): TestAnswer => {
    const items = lines(body)
      .filter((_, index) => index % 2 === 0)
      .map((action) => {
        const { _id } = (action as Action).create;
        const failed = fault(_id);
        if (failed) return { create: failed };
        if (ids.has(_id))
          return { create: { status: 409, error: { type: 'version_conflict_engine_exception', reason: 'exists' } } };
        ids.add(_id);
        return { create: { status: 201 } };
      });
    const errors = items.some(({ create }) => (create as { status: number }).status >= 300);
    return { body: JSON.stringify({ errors, items }) };
  };
  return { ids, answer };
}

const numbered = (count: number): Event[] => Array.from({ length: count }, (_, n) => event({ eventId: `e${n}` }));

describe('requests', () => {
  test('are the golden ones', () => {
    const exporter = exporterOf<{ body: string }>(elasticsearch, {
      url: 'http://127.0.0.1:1',
      index: 'lnmt-{date}-{source}',
    });
    expectGolden(
      'elasticsearch.ndjson',
      exporter
        .encode(goldenEvents())
        .map(({ request }) => request.body)
        .join(''),
    );
  });

  test('go to the bulk API with what they need', async () => {
    const server = await serve(cluster().answer);
    const exporter = exporterOf(elasticsearch, { url: `${server.origin}/es/`, api_key: 'abc', pipeline: 'geo ip' });
    expect(await deliver(exporter, numbered(2))).toEqual([{ kind: 'sent' }]);
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      path: '/es/_bulk?pipeline=geo+ip&filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason',
      headers: { authorization: 'ApiKey abc', 'content-type': 'application/x-ndjson' },
    });
  });

  test('a document is the documented event under its id, with @timestamp', async () => {
    const server = await serve(cluster().answer);
    await deliver(exporterOf(elasticsearch, { url: server.origin }), [event({ metadata: { a: 1 } })]);
    expect(lines(server.seen[0]!.body)).toEqual([
      { create: { _index: 'logs-lnmt-default', _id: 'e1' } },
      {
        '@timestamp': '2026-01-15T12:00:00.000Z',
        event_id: 'e1',
        timestamp: '2026-01-15T12:00:00.000Z',
        event_type: 'custom',
        level: 'info',
        source: 'test',
        title: 'title',
        message: 'message',
        metadata: { a: 1 },
        tags: [],
      },
    ]);
  });

  test('an event’s text makes no line of its own', () => {
    const exporter = exporterOf<{ body: string }>(elasticsearch, { url: 'http://127.0.0.1:1' });
    const evil = '\n{"delete":{"_index":"logs"}}\n';
    const [encoded] = exporter.encode([
      event({ eventId: evil, source: evil, title: evil, message: evil, metadata: { [evil]: evil }, tags: [evil] }),
    ]);
    expect(lines(encoded!.request.body)).toHaveLength(2);
  });

  test('are as few as max_body allows, in order', () => {
    const exporter = exporterOf<{ body: string; events: number }>(elasticsearch, {
      url: 'http://127.0.0.1:1',
      max_body: 1_024,
    });
    const encoded = exporter.encode(numbered(20));
    expect(encoded.length).toBeGreaterThan(3);
    expect(
      encoded.every(({ request, events }) => Buffer.byteLength(request.body) <= 1_024 && request.events === events),
    ).toBe(true);
    expect(encoded.flatMap(({ request }) => [...request.body.matchAll(/"_id":"(e\d+)"/g)].map(([, id]) => id))).toEqual(
      numbered(20).map(({ eventId }) => eventId),
    );
  });

  test('an overlong id is replaced by its hash, an empty one left to Elasticsearch', () => {
    const exporter = exporterOf<{ body: string }>(elasticsearch, { url: 'http://127.0.0.1:1' });
    const [encoded] = exporter.encode([event({ eventId: 'ä'.repeat(300) }), event({ eventId: '' })]);
    const [first, , second] = lines(encoded!.request.body) as Action[];
    expect(first!.create._id).toMatch(/^[0-9a-f]{64}$/);
    expect(second!.create).toEqual({ _index: 'logs-lnmt-default' });
  });
});

describe('index names', () => {
  const indexOf = (index: string, fields: Partial<Event>): string => {
    const exporter = exporterOf<{ body?: string; refused?: string }>(elasticsearch, {
      url: 'http://127.0.0.1:1',
      index,
    });
    const [encoded] = exporter.encode([event(fields)]);
    return encoded!.request.refused ?? (lines(encoded!.request.body!)[0] as Action).create._index;
  };

  test.for([
    ['lnmt-{date}', {}, 'lnmt-2026.01.15'],
    ['logs-{source}', { source: 'Web Server/1' }, 'logs-web-server-1'],
    ['logs-{metadata.team}', { metadata: { team: 'a,b*?"<>|\\#:c' } }, 'logs-a-b-c'],
    ['logs-{source}', { source: '../../_cluster/settings' }, 'logs-..-..-_cluster-settings'],
    ['logs-{source}', { source: `\0\n${'x'.repeat(5_000)}` }, `logs--${'x'.repeat(126)}`],
  ] as const)('%s is cleaned', ([index, fields, name]) => {
    expect(indexOf(index, fields as Partial<Event>)).toBe(name);
  });

  test.for([
    ['{source}', { source: '../../etc' }, 'begins with'],
    ['{source}', { source: '.' }, 'begins with'],
    ['{source}', { source: '_all' }, 'begins with'],
    ['{source}', { source: '' }, 'is empty'],
    ['{source}', { source: '///' }, 'begins with'],
    ['{source}{title}{message}', { source: 'a'.repeat(128), title: 'b'.repeat(128) }, 'longer than 255'],
  ] as const)('%s that comes out invalid is refused', ([index, fields, why]) => {
    expect(indexOf(index, fields as Partial<Event>)).toContain(why);
  });

  test('only the event without a name is refused, and its neighbours keep their order', async () => {
    const server = await serve(cluster().answer);
    const exporter = exporterOf(elasticsearch, { url: server.origin, index: '{source}' });
    const events = ['a', 'b', '..', 'c'].map((source) => event({ eventId: source, source }));
    expect(exporter.encode(events).map(({ events: count }) => count)).toEqual([2, 1, 1]);
    expect(await deliver(exporter, events)).toMatchObject([{ kind: 'sent' }, { kind: 'refused' }, { kind: 'sent' }]);
    expect(server.seen).toHaveLength(2);
  });

  test('one that never can be is an error in the file', () => {
    const check = (index: string) => elasticsearch.check!(withDefaults(elasticsearch, { url: 'https://es', index }));
    expect(check('Logs')).toMatchObject([{ severity: 'error', path: ['index'] }]);
    expect(check('a b')).toMatchObject([{ severity: 'error' }]);
    expect(check('lnmt-{date}')).toEqual([]);
  });
});

describe('answers', () => {
  test('each event gets its own verdict', async () => {
    const server = await serve(
      cluster((id) => {
        if (id === 'e1')
          return {
            status: 400,
            error: { type: 'document_parsing_exception', reason: 'failed to parse field [metadata.n]' },
          };
        if (id === 'e3')
          return { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'queue is full' } };
        return id === 'e4' ? { status: 503, error: { type: 'unavailable_shards_exception' } } : undefined;
      }).answer,
    );
    expect(await deliver(exporterOf(elasticsearch, { url: server.origin }), numbered(5))).toEqual([
      {
        kind: 'mixed',
        refused: [{ index: 1, reason: 'answered 400: document_parsing_exception: failed to parse field [metadata.n]' }],
        later: { kind: 'later', reason: 'answered 503: unavailable_shards_exception', events: [3, 4] },
      },
    ]);
  });

  test('Retry-After beside a partial failure counts', async () => {
    const { answer } = cluster((id) => (id === 'e0' ? { status: 429 } : undefined));
    const server = await serve((request) => ({ ...answer(request), headers: { 'retry-after': '5' } }));
    expect(await deliver(exporterOf(elasticsearch, { url: server.origin }), numbered(2))).toMatchObject([
      { kind: 'mixed', later: { events: [0], notBeforeMs: 5_000 } },
    ]);
  });

  test('a repeat is a success', async () => {
    const { ids, answer } = cluster();
    const server = await serve(answer);
    const exporter = exporterOf(elasticsearch, { url: server.origin });
    await deliver(exporter, numbered(3));
    expect(await deliver(exporter, numbered(5))).toEqual([{ kind: 'sent' }]);
    expect(ids.size).toBe(5);
  });

  test('only refusals are a refusal, only busy ones a later', async () => {
    const busy = await serve(cluster(() => ({ status: 429 })).answer);
    expect(await deliver(exporterOf(elasticsearch, { url: busy.origin }), numbered(2))).toEqual([
      { kind: 'later', reason: 'answered 429' },
    ]);
    const strict = await serve(cluster((id) => (id === 'e1' ? { status: 400 } : undefined)).answer);
    expect(await deliver(exporterOf(elasticsearch, { url: strict.origin }), numbered(2))).toEqual([
      { kind: 'refused', reason: 'answered 400', events: [{ index: 1, reason: 'answered 400' }] },
    ]);
  });

  test('an index that may not be written is the options’ fault, or the event’s when its text is in the name', async () => {
    const forbidden = {
      status: 403,
      error: { type: 'security_exception', reason: 'action [indices:data/write/bulk] is unauthorized' },
    };
    const server = await serve(cluster(() => forbidden).answer);
    expect(
      await deliver(exporterOf(elasticsearch, { url: server.origin, index: 'x-{date}' }), numbered(1)),
    ).toMatchObject([{ kind: 'misconfigured' }]);
    expect(
      await deliver(exporterOf(elasticsearch, { url: server.origin, index: 'x-{source}' }), numbered(1)),
    ).toMatchObject([{ kind: 'refused' }]);
  });

  test('a full disk is later, a missing pipeline misconfigured', async () => {
    const full = await serve(
      cluster(() => ({ status: 403, error: { type: 'cluster_block_exception', reason: 'index read-only' } })).answer,
    );
    expect(await deliver(exporterOf(elasticsearch, { url: full.origin }), numbered(1))).toMatchObject([
      { kind: 'later' },
    ]);
    const reason = 'pipeline with id [x] does not exist';
    const none = await serve(
      cluster(() => ({ status: 400, error: { type: 'illegal_argument_exception', reason } })).answer,
    );
    expect(await deliver(exporterOf(elasticsearch, { url: none.origin }), numbered(1))).toMatchObject([
      { kind: 'misconfigured' },
    ]);
  });

  test.for(['<html>welcome</html>', '{}', 'null', '[]', '{"errors":true}'])('%s is no bulk answer', async (body) => {
    const server = await serve({ body });
    expect(await deliver(exporterOf(elasticsearch, { url: server.origin }), numbered(1))).toMatchObject([
      { kind: 'misconfigured' },
    ]);
  });

  test('events that the answer says nothing of go again', async () => {
    const server = await serve({ body: '{"errors":true,"items":[{"create":{"status":201}},null]}' });
    expect(await deliver(exporterOf(elasticsearch, { url: server.origin }), numbered(3))).toMatchObject([
      { kind: 'mixed', refused: [], later: { events: [1, 2] } },
    ]);
  });
});

test('hints at credentials in the URL, and at two ways to log in', () => {
  const options = { url: 'https://u:p@es', api_key: 'k', auth: { type: 'basic', username: 'u', password: 'p' } };
  expect(elasticsearch.check!(withDefaults(elasticsearch, options)).map(({ path }) => path)).toEqual([
    ['auth'],
    ['url'],
  ]);
});
