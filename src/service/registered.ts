/** Connectors that a program registers, as exporters of the graph. */
import { catalog as builtIn, withDelivery } from '../catalog.ts';
import type { Catalog } from '../component/catalog.ts';
import type { Configuration, ExporterSpec } from '../component/configuration.ts';
import { deliveryProperties, type DeliveryOptions } from '../component/delivery-options.ts';
import { loadConfiguration } from '../config/load.ts';
import { exporterOf } from '../connector/adapter.ts';
import type { Connector } from '../connector/base-connector.ts';

/** Where registered connectors are said to be written, in errors. */
const NOWHERE = '/registered/connectors.yaml';

const PIPELINE = 'registered connectors';

const { timeout, retry, concurrency } = deliveryProperties;

const USUAL: DeliveryOptions = {
  timeoutMs: timeout.default,
  retry: {
    initialIntervalMs: retry.properties.initial_interval.default,
    maxIntervalMs: retry.properties.max_interval.default,
    maxElapsedTimeMs: retry.properties.max_elapsed_time.default,
  },
  queue: { type: 'memory', maxBytes: 32 * 1024 * 1024, onFull: 'drop_oldest', safe: 'held' },
  batch: { maxEvents: 1, maxWaitMs: 0 },
  concurrency: concurrency.default,
};

/** The catalog with a type for each connector: the instance is there already, so that a type makes only that one. */
export function withRegistered(catalog: Catalog, connectors: ReadonlyMap<string, Connector>): Catalog {
  if (connectors.size === 0) return catalog;
  const exporters = new Map(catalog.exporters);
  for (const [name, connector] of connectors) {
    const definition = withDelivery({
      type: typeOf(name),
      stability: 'stable',
      summary: 'A connector that the program registered.',
      schema: { type: 'object', additionalProperties: false, properties: {} },
      example: {},
      audience: 'people',
      create: (_, context) => exporterOf(connector, context),
    });
    exporters.set(definition.type, definition);
  }
  return { ...catalog, exporters };
}

/** What its `config` says of filters, limits, retries and the queue, checked as in the file. Throws a TypeError that says what is wrong. */
export async function specOf(name: string, connector: Connector): Promise<ExporterSpec> {
  const config =
    typeof connector.config === 'object' && connector.config !== null
      ? (connector.config as Record<string, unknown>)
      : {};
  const blocks = ['filters', 'rate_limit', 'timeout', 'retry', 'queue', 'concurrency'].filter(
    (key) => config[key] !== undefined,
  );
  if (blocks.length === 0) {
    const position = { file: NOWHERE, line: 1, column: 1 };
    return {
      id: name,
      type: typeOf(name),
      enabled: true,
      options: {},
      position,
      locate: () => position,
      door: [],
      delivery: USUAL,
    };
  }
  const options = { type: typeOf(name), ...Object.fromEntries(blocks.map((key) => [key, config[key]])) };
  const text = JSON.stringify({ exporters: { [name]: options } }).replaceAll('$', () => '$$');
  const catalog = withRegistered(builtIn, new Map([[name, connector]]));
  const { configuration, problems } = await loadConfiguration(NOWHERE, catalog, {
    env: {},
    files: new Map([[NOWHERE, text]]),
  });
  const spec = configuration?.exporters.get(name);
  if (spec) return spec;
  throw new TypeError(
    `the config of the connector ${name} is not right: ${problems.map(({ message }) => message).join('; ')}`,
  );
}

/** The configuration and, in a pipeline of their own, the registered connectors. */
export function including(configuration: Configuration, specs: ReadonlyMap<string, ExporterSpec>): Configuration {
  if (specs.size === 0) return configuration;
  const position = { file: NOWHERE, line: 1, column: 1 };
  const pipeline = { name: PIPELINE, receivers: [], stages: [], exporters: [...specs.keys()], feeds: [], position };
  return {
    ...configuration,
    exporters: new Map([...configuration.exporters, ...specs]),
    pipelines: new Map([...configuration.pipelines, [PIPELINE, pipeline]]),
  };
}

function typeOf(name: string): string {
  return `registered/${name}`;
}
