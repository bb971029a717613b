/**
 * An exporter's checked options taken apart: its own, how its queue and its requests are run, and
 * the two processors at its door.
 */
import type { ExporterDefinition } from '../component/component.ts';
import type { ExporterSpec, StageSpec } from '../component/configuration.ts';
import type { DeliveryOptions } from '../component/delivery-options.ts';
import { locator, type Checker } from './check-options.ts';
import { checkRules, type CheckedComponent } from './components.ts';
import { positionOf } from './source.ts';
import { find, type MapNode } from './tree.ts';

const QUEUE_BYTES = { memory: 32 * 1024 * 1024, disk: 256 * 1024 * 1024 } as const;

/** What a `batch` that names only one of its two limits gets for the other. */
const BATCH_LIMITS = { maxEvents: 100, maxWaitMs: 1_000 } as const;

/** The documented blocks at an exporter's door, and the processors that they mean. */
const DOORS = { filters: 'filter', rate_limit: 'ratelimit' } as const;

/** The options as the exporters' schemas in the catalog have them. */
interface Written {
  readonly timeout: number;
  readonly retry: {
    readonly initial_interval: number;
    readonly max_interval: number;
    readonly max_elapsed_time: number;
  };
  readonly queue: {
    readonly type?: 'disk' | 'memory';
    readonly max_size?: number;
    readonly on_full?: 'block' | 'drop_oldest';
  };
  readonly concurrency: number;
  readonly batch?: { readonly max_events?: number; readonly max_wait?: number };
  readonly filters?: unknown;
  readonly rate_limit?: unknown;
}

export function exporterSpec(component: CheckedComponent<ExporterDefinition>, checker: Checker): ExporterSpec {
  const { spec, definition } = component;
  const { timeout, retry, queue, concurrency, filters, rate_limit, ...own } = spec.options as Written;
  checkRules(definition, own, component, checker);
  hintTwoAuthorisations(component, checker);
  const door: StageSpec[] = [];
  for (const [block, options] of Object.entries({ filters, rate_limit })) {
    if (options !== undefined) door.push(doorStage(block as keyof typeof DOORS, options, component, checker));
  }
  return {
    ...spec,
    options: own,
    door,
    delivery: deliveryOf({ timeout, retry, queue, concurrency, ...own }, definition),
  };
}

/** Where both authorise, `auth` wins: the header is dead text, and its author may not know. */
function hintTwoAuthorisations({ node }: CheckedComponent, { findings }: Checker): void {
  const { node: headers, exact } = find(node, ['headers']);
  if (!exact || headers.kind !== 'map' || !find(node, ['auth']).exact) return;
  for (const { key, keySpan } of headers.entries.values()) {
    if (key.toLowerCase() === 'authorization')
      findings.hint(keySpan, `auth and the header ${key} both authorise; auth wins: remove one of them`);
  }
}

function doorStage(
  block: keyof typeof DOORS,
  options: unknown,
  { spec, node, above, settled }: CheckedComponent,
  checker: Checker,
): StageSpec {
  const type = DOORS[block];
  const entry = (node as MapNode).entries.get(block);
  const keySpan = entry?.keySpan ?? above;
  const inner = entry?.value ?? node;
  const definition = checker.catalog.processors.get(type);
  if (definition)
    checkRules(definition, options, { node: inner, above: keySpan, settled: below(block, settled) }, checker);
  const id = `${spec.id}/${block}`;
  return {
    id,
    key: `exporter/${id}`,
    type,
    enabled: true,
    options,
    position: positionOf(keySpan),
    locate: locator(inner, keySpan),
  };
}

function below(block: string, settled: ReadonlySet<string>): Set<string> {
  const prefix = `/${block}`;
  return new Set([...settled].filter((at) => at.startsWith(`${prefix}/`)).map((at) => at.slice(prefix.length)));
}

function deliveryOf(
  { timeout, retry, queue, concurrency, batch }: Written,
  definition: ExporterDefinition,
): DeliveryOptions {
  const type = queue.type ?? (definition.local ? 'memory' : 'disk');
  const usual =
    (definition.batch === 'optional' ? undefined : definition.batch) ??
    (batch ? BATCH_LIMITS : { maxEvents: definition.take ?? 1, maxWaitMs: 0 });
  return {
    timeoutMs: timeout,
    retry: {
      initialIntervalMs: retry.initial_interval,
      maxIntervalMs: retry.max_interval,
      maxElapsedTimeMs: retry.max_elapsed_time,
    },
    queue: {
      type,
      maxBytes: queue.max_size ?? QUEUE_BYTES[type],
      onFull: queue.on_full ?? (definition.audience === 'store' ? 'block' : 'drop_oldest'),
      safe: type === 'memory' && definition.local === 'file' ? 'delivered' : 'held',
    },
    batch: { maxEvents: batch?.max_events ?? usual.maxEvents, maxWaitMs: batch?.max_wait ?? usual.maxWaitMs },
    concurrency,
  };
}
