/** The `tests` block as tests that can be run, or everything that is wrong with it. */
import type { Configuration, Position } from '../component/configuration.ts';
import { LEVELS } from '../component/event.ts';
import { positionOf } from '../config/source.ts';
import { isEmpty, plainOf, type Entry, type ListNode, type MapNode, type Node } from '../config/tree.ts';
import { eventFromJson } from '../lib/event-json.ts';
import { timeOf } from '../lib/timestamp.ts';
import type { ScriptedAnswer } from './answers.ts';
import { TestNodes, type TestProblem } from './test-nodes.ts';

export interface TestCase {
  readonly name: string;
  readonly position: Position;
  /** Unix milliseconds on the test's clock. */
  readonly startsAt: number;
  readonly inputs: readonly TestInput[];
  readonly script: ReadonlyMap<string, readonly ScriptedAnswer[]>;
  readonly expectations: readonly Expectation[];
}

export type TestInput =
  | {
      readonly kind: 'raw';
      readonly receiver: string;
      readonly raw: string;
      readonly from: string | undefined;
      readonly times: number;
      readonly position: Position;
    }
  | {
      readonly kind: 'event';
      readonly pipeline: string;
      readonly event: unknown;
      readonly times: number;
      readonly position: Position;
    }
  | { readonly kind: 'advance'; readonly ms: number };

/** What is expected of one exporter: `sent` are events its destination took, `requests` what was sent on the wire. */
export interface Expectation {
  readonly exporter: string;
  readonly what: 'sent' | 'dead_lettered' | 'requests' | 'waiting';
  readonly position: Position;
  /** A number where only that many are wanted. */
  readonly wanted: number | readonly Wanted[];
}

export interface Wanted {
  /** As it is written, without `${…}` filled in. */
  readonly value: unknown;
  readonly position: Position;
}

/** 2026-01-01T00:00:00Z: the same in every run, unless a test has `at`. */
const STARTS_AT = Date.UTC(2026, 0, 1);

const TEST_KEYS = ['name', 'at', 'answers', 'input', 'expect'];
const EXPECT_KEYS = ['sent', 'dead_lettered', 'requests', 'waiting'];
const EVENT_KEYS = ['event_id', 'timestamp', 'event_type', 'level', 'source', 'title', 'message', 'metadata', 'tags'];

export function readTests(configuration: Configuration): {
  readonly tests: readonly TestCase[];
  readonly problems: readonly TestProblem[];
} {
  const nodes = new TestNodes();
  const block = configuration.tests as ListNode | undefined;
  const reader = new Reader(configuration, nodes);
  const tests = (block?.items ?? []).flatMap((node, index) => reader.test(node, index) ?? []);
  return { tests, problems: nodes.problems.toSorted(byPlace) };
}

function byPlace({ position: a }: TestProblem, { position: b }: TestProblem): number {
  return a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1;
}

class Reader {
  readonly #configuration: Configuration;
  readonly #nodes: TestNodes;

  constructor(configuration: Configuration, nodes: TestNodes) {
    this.#configuration = configuration;
    this.#nodes = nodes;
  }

  test(node: Node, index: number): TestCase | undefined {
    const nodes = this.#nodes;
    const map = nodes.map(node, 'a test');
    if (!map) return undefined;
    nodes.known(map, TEST_KEYS, 'a test');
    const { name, at, answers, input, expect } = Object.fromEntries(
      [...map.entries].map(([key, { value }]) => [key, value]),
    ) as Partial<Record<string, Node>>;
    if (!expect || isEmpty(expect))
      nodes.wrong(
        map,
        'a test without expect: can never fail; say what each exporter should get, such as expect: { slack/ops: 1 }',
      );
    const startsAt =
      at && !isEmpty(at)
        ? (timeOf(plainOf(at)) ?? nodes.wrong(at, 'at is a time, such as 2026-10-11T22:14:15Z'))
        : STARTS_AT;
    return {
      name: (name && nodes.text(name, 'name')) ?? `test ${index + 1}`,
      position: positionOf(firstSpan(map)),
      startsAt: startsAt ?? STARTS_AT,
      inputs: (nodes.list(input, 'input')?.items ?? []).flatMap((item) => this.#input(item) ?? []),
      script: this.#script(answers),
      expectations: this.#expectations(expect),
    };
  }

  #input(node: Node): TestInput | undefined {
    const nodes = this.#nodes;
    const map = nodes.map(node, 'an input');
    if (!map) return undefined;
    const position = positionOf(firstSpan(map));
    const value = (key: string): Node | undefined => map.entries.get(key)?.value;
    const [advance, receiver, pipeline] = [value('advance'), value('receiver'), value('pipeline')];
    if (advance) {
      nodes.known(map, ['advance'], 'an advance of the clock');
      const ms = nodes.duration(advance, 'advance');
      return ms === undefined ? undefined : { kind: 'advance', ms };
    }
    const times = value('times') ? (nodes.count(value('times')!, 'times') ?? 1) : 1;
    if (receiver) {
      nodes.known(map, ['receiver', 'raw', 'from', 'times'], 'input to a receiver');
      const id = nodes.text(receiver, 'receiver');
      const raw = value('raw');
      const from = value('from') && nodes.text(value('from')!, 'from');
      if (!raw) return nodes.wrong(map, 'input to a receiver needs raw: the bytes that come in, as a text');
      const text = nodes.text(raw, 'raw');
      if (
        id === undefined ||
        text === undefined ||
        !nodes.exists(receiver, id, this.#configuration.receivers, 'receiver')
      )
        return undefined;
      return { kind: 'raw', receiver: id, raw: text, from, times, position };
    }
    if (pipeline) return this.#event(map, pipeline, times, position);
    return nodes.wrong(map, 'an input is { receiver: …, raw: … }, { pipeline: …, event: … } or { advance: 5s }');
  }

  #event(map: MapNode, pipeline: Node, times: number, position: Position): TestInput | undefined {
    const nodes = this.#nodes;
    nodes.known(map, ['pipeline', 'event', 'times'], 'input to a pipeline');
    const name = nodes.text(pipeline, 'pipeline');
    const node = map.entries.get('event')?.value;
    if (!node) return nodes.wrong(map, 'input to a pipeline needs event: the fields of one');
    const event = plainOf(node);
    const made = eventFromJson(event, 0, 'test');
    if (typeof made === 'string') return nodes.wrong(node, made);
    if (name === undefined || !nodes.exists(pipeline, name, this.#configuration.pipelines, 'pipeline'))
      return undefined;
    return { kind: 'event', pipeline: name, event, times, position };
  }

  #script(node: Node | undefined): Map<string, ScriptedAnswer[]> {
    const script = new Map<string, ScriptedAnswer[]>();
    const map = node && !isEmpty(node) ? this.#nodes.map(node, 'answers') : undefined;
    for (const [id, entry] of map?.entries ?? []) {
      if (!this.#nodes.exists(entry, id, this.#configuration.exporters, 'exporter')) continue;
      const items = entry.value.kind === 'list' ? entry.value.items : [entry.value];
      script.set(
        id,
        items.flatMap((item) => this.#answer(item) ?? []),
      );
    }
    return script;
  }

  #answer(node: Node): ScriptedAnswer | undefined {
    const nodes = this.#nodes;
    if (node.kind === 'scalar') {
      const { value } = node;
      if (value === 'timeout') return value;
      if (typeof value === 'number' && value >= 100 && value < 600) return { status: value };
      return nodes.wrong(
        node,
        'an answer is a status such as 200 or 429, timeout, or { status: 429, retry_after: 30s }',
      );
    }
    const map = nodes.map(node, 'an answer');
    if (!map) return undefined;
    nodes.known(map, ['status', 'retry_after', 'body'], 'an answer');
    const [status, after, body] = ['status', 'retry_after', 'body'].map((key) => map.entries.get(key)?.value);
    if (!status) return nodes.wrong(map, 'an answer needs a status');
    const retryAfterMs = after && nodes.duration(after, 'retry_after');
    const said = body && nodes.text(body, 'body');
    return {
      status: nodes.count(status, 'status') ?? 200,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(said === undefined ? {} : { body: said }),
    };
  }

  #expectations(node: Node | undefined): Expectation[] {
    const map = node && !isEmpty(node) ? this.#nodes.map(node, 'expect') : undefined;
    return [...(map?.entries ?? [])].flatMap(([id, entry]) => {
      const spec =
        this.#nodes.exists(entry, id, this.#configuration.exporters, 'exporter') &&
        this.#configuration.exporters.get(id);
      if (!spec) return [];
      if (!spec.enabled) return this.#nodes.wrong(entry, `${id} is not enabled, so nothing ever comes to it`) ?? [];
      if (entry.value.kind !== 'map') return this.#expectation(id, 'sent', entry);
      this.#nodes.known(entry.value, EXPECT_KEYS, 'what is expected of an exporter');
      return [...entry.value.entries].flatMap(([what, inner]) =>
        EXPECT_KEYS.includes(what) ? this.#expectation(id, what as Expectation['what'], inner) : [],
      );
    });
  }

  #expectation(exporter: string, what: Expectation['what'], { value, keySpan }: Entry): Expectation[] {
    const position = positionOf(keySpan);
    const about = { exporter, what, position };
    if (value.kind === 'list' && what !== 'waiting') {
      return [{ ...about, wanted: value.items.map((item) => this.#wanted(item, what)) }];
    }
    if (isEmpty(value)) return [{ ...about, wanted: [] }];
    const count = this.#nodes.count(
      value,
      what === 'waiting' ? 'waiting' : 'what an exporter should get is a list, or just how many: this',
    );
    return count === undefined ? [] : [{ ...about, wanted: count }];
  }

  #wanted(node: Node, what: Expectation['what']): Wanted {
    const position = positionOf(node.kind === 'map' ? firstSpan(node) : node.span);
    if (what !== 'requests' && node.kind !== 'map')
      this.#nodes.wrong(
        node,
        'an event is a map of the fields that matter, such as { level: error, title: "contains: disk" }',
      );
    else if (what !== 'requests' && node.kind === 'map') {
      for (const [key, entry] of node.entries) {
        if (!key.startsWith('metadata.'))
          this.#nodes.known({ ...node, entries: new Map([[key, entry]]) }, EVENT_KEYS, 'an event');
        if (key === 'level') this.#level(entry.value);
      }
    }
    return { value: plainOf(node), position };
  }

  #level(node: Node): void {
    const level = plainOf(node);
    if (typeof level === 'string' && /^\w+$/.test(level))
      this.#nodes.exists(node, level, new Map(LEVELS.map((known) => [known, known])), 'level');
  }
}

function firstSpan({ entries, span }: MapNode): Entry['keySpan'] {
  for (const { keySpan } of entries.values()) return keySpan;
  return span;
}
