/**
 * `service.plugins`: modules whose default export is a connector class, made exporter types like the
 * built-in ones: checked against their schema, listed by `components`, tested by `test`, queued and
 * retried.
 *
 * Why does my edit of a plugin's code not show? A module is loaded once in a process: options are
 * taken over by a reload, code by a restart.
 */
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { catalog as builtIn, withDelivery } from '../catalog.ts';
import type { Catalog } from '../component/catalog.ts';
import type { ExporterDefinition } from '../component/component.ts';
import type { Position } from '../component/configuration.ts';
import { codeOf, ConfigError } from '../component/errors.ts';
import type { ConfigSchema } from '../component/schema.ts';
import type { ExtendedCatalog } from '../config/load.ts';
import { compileSchema } from '../config/validators.ts';
import { exporterOf, inOneLine } from './adapter.ts';
import type { Connector } from './base-connector.ts';

export interface Plugin {
  readonly path: string;
  readonly position: Position;
}

/** What a plugin module exports by default. */
export interface ConnectorClass {
  new (name: string, config: never): Connector;
  readonly type: string;
  readonly schema: ConfigSchema;
  /** One sentence for `components`. */
  readonly summary?: string;
  readonly example?: object;
  /** `store` asks senders to wait when its queue is full, `people` (the default) drops the oldest. */
  readonly audience?: 'store' | 'people';
}

const loaded = new Map<string, ExporterDefinition>();
/** A module that failed is remembered as failed by Node: each further try needs an address of its own. */
let tries = 0;

/** The catalog with the plugins' types; what is wrong with a plugin is a problem at its line in the file. */
export async function loadPlugins(plugins: readonly Plugin[], catalog: Catalog = builtIn): Promise<ExtendedCatalog> {
  if (plugins.length === 0) return { catalog, problems: [] };
  const exporters = new Map(catalog.exporters);
  const problems: (Position & { message: string })[] = [];
  for (const { path, position } of plugins) {
    try {
      const definition = loaded.get(path) ?? (await load(path));
      loaded.set(path, definition);
      const taken = exporters.get(definition.type);
      if (taken && taken !== definition)
        throw new PluginError(`its type ${definition.type} is one that there is already; give it another static type`);
      exporters.set(definition.type, definition);
    } catch (error) {
      if (!(error instanceof PluginError)) throw error;
      problems.push({ ...position, message: `the plugin cannot be used: ${error.message}` });
    }
  }
  return { catalog: { ...catalog, exporters }, problems };
}

class PluginError extends Error {
  override readonly name = 'PluginError';
}

async function load(path: string): Promise<ExporterDefinition> {
  if (!existsSync(path)) throw new PluginError('there is no such file');
  lendLibrary();
  const url = `${pathToFileURL(path).href}${tries === 0 ? '' : `?try=${tries}`}`;
  let module: { readonly default?: unknown };
  try {
    module = (await import(/* @vite-ignore */ url)) as typeof module;
  } catch (error) {
    tries += 1;
    throw new PluginError(whyNotLoaded(error));
  }
  // A CommonJS module's `exports.default` is the default of its default.
  const { default: exported } = module;
  const nested =
    typeof exported === 'object' && exported !== null && 'default' in exported ? exported.default : exported;
  try {
    return await definitionOf(nested, path);
  } catch (error) {
    tries += 1;
    throw error;
  }
}

function whyNotLoaded(error: unknown): string {
  if (codeOf(error) === 'ERR_MODULE_NOT_FOUND' || codeOf(error) === 'MODULE_NOT_FOUND')
    return `it imports what is not there: ${inOneLine(error)}`;
  if (error instanceof SyntaxError) return `it is not valid JavaScript: ${inOneLine(error)}`;
  return `it failed when it was loaded: ${inOneLine(error)}`;
}

async function definitionOf(exported: unknown, path: string): Promise<ExporterDefinition> {
  if (!isClass(exported))
    throw new PluginError('its default export is not a class; write: export default class … extends BaseConnector');
  if (typeof exported.prototype['sendEvent'] !== 'function')
    throw new PluginError('its class has no sendEvent(event); write: class … extends BaseConnector');
  const { type, schema, summary, example, audience } = exported as unknown as Partial<ConnectorClass>;
  if (typeof type !== 'string' || !/^[a-z][a-z0-9_]*$/.test(type))
    throw new PluginError('its class lacks a static type, a lower-case word such as my_service');
  if (typeof schema !== 'object' || schema === null || schema.type !== 'object' || !isObject(schema.properties)) {
    throw new PluginError(
      "its class lacks a static schema: { type: 'object', properties: { … } }, the options that it takes",
    );
  }
  const Class = exported as unknown as ConnectorClass;
  const definition: ExporterDefinition = {
    type,
    stability: 'stable',
    summary: summary ?? `A connector of your own, from ${path}.`,
    schema: { ...schema, additionalProperties: false, properties: described(schema.properties) },
    example: example ?? {},
    audience: audience ?? 'people',
    // Code that was written for events may know what to do with each.
    coalesces: false,
    create(options, context) {
      try {
        return exporterOf(new Class(context.id, options), context);
      } catch (error) {
        throw new ConfigError(`its constructor failed: ${inOneLine(error)}`);
      }
    },
  };
  const complete = withDelivery(definition);
  await compileSchema(complete.schema).catch((error: unknown) => {
    throw new PluginError(`its static schema is not in the dialect of the collector: ${inOneLine(error)}`);
  });
  return complete;
}

function described(properties: ConfigSchema['properties']): ConfigSchema['properties'] {
  return Object.fromEntries(
    Object.entries(properties).map(([key, field]) => {
      if (!isObject(field))
        throw new PluginError(`its static schema says nothing of ${key}: { type: 'string' } would do`);
      return [key, { ...field, description: field.description ?? 'Of the plugin.' }];
    }),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isClass(value: unknown): value is { readonly prototype: Record<string, unknown> } {
  return typeof value === 'function' && typeof value.prototype === 'object' && value.prototype !== null;
}

let lent = false;

/** A plugin lies anywhere, and says `from 'lnmt-collector'`: where that is not installed beside it, it gets this one. */
function lendLibrary(): void {
  if (lent) return;
  lent = true;
  const here = import.meta.url;
  const library = ['./index.js', '../index.js'].map((path) => new URL(path, here)).find((url) => existsSync(url));
  if (!library) return;
  const hook = `export async function resolve(specifier, context, next) {
    if (specifier !== 'lnmt-collector') return next(specifier, context);
    try {
      return await next(specifier, context);
    } catch {
      return { url: ${JSON.stringify(library.href)}, shortCircuit: true };
    }
  }`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
