/**
 * Reads the `service` block, which must be known before the components: it names the plugins that
 * bring some of them.
 */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { Position, ServiceOptions } from '../component/configuration.ts';
import { hostAndPort, isLoopback } from '../lib/host-port.ts';
import { checkOptions, type Checker } from './check-options.ts';
import { serviceSchema, type ServiceConfig } from './service-schema.ts';
import { positionOf, type Span } from './source.ts';
import { isEmpty, isUnknown, spanAt, textOf, type Entry, type MapNode, type Node } from './tree.ts';

export interface Service {
  /** Undefined where something in the block is wrong. */
  readonly options: ServiceOptions | undefined;
  /** Absolute paths, with where each is written; also where the rest of the block is wrong. */
  readonly plugins: readonly { readonly path: string; readonly position: Position }[];
}

export function readService(
  entries: ReadonlyMap<string, Entry>,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  top: Span,
  checker: Checker,
): Service {
  const node = withRecord({ kind: 'map', span: top, entries });
  const plugins = readPlugins(node.entries.get('plugins')?.value, file);
  const { options, settled } = checkOptions({ label: 'service', schema: serviceSchema, node, above: top }, checker);
  if (!options) return { options: undefined, plugins };
  // The schema has passed it: this is what it is now.
  const config = options as unknown as ServiceConfig;
  const { listen, token } = config.admin;
  if (token === undefined && !isOfThisMachine(listen) && !settled.has('/admin/listen')) {
    checker.findings.error(
      spanAt(node, ['admin', 'listen'], top),
      `${listen} can be reached from other machines, so admin needs a token; add token: \${env:ADMIN_TOKEN}, or listen on 127.0.0.1`,
    );
    return { options: undefined, plugins };
  }
  return {
    plugins,
    options: toOptions(
      config,
      node,
      file,
      env,
      plugins.map(({ path }) => path),
    ),
  };
}

function toOptions(
  config: ServiceConfig,
  node: MapNode,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  plugins: readonly string[],
): ServiceOptions {
  const { storage, admin, log, record } = config;
  const adminNode = node.entries.get('admin')?.value;
  return {
    storageDirectory:
      storage.directory === undefined ? defaultStorage(file, env) : resolve(dirname(file), storage.directory),
    admin: {
      listen: admin.listen,
      chosen: adminNode?.kind === 'map' && adminNode.entries.has('listen'),
      ...(admin.token === undefined ? {} : { token: admin.token }),
    },
    log,
    shutdownTimeoutMs: config.shutdown_timeout,
    reload: { requireTests: config.reload.require_tests },
    ...(record === undefined
      ? {}
      : { record: { maxBytes: record.max_size, maxAgeMs: record.max_age, redact: record.redact } }),
    plugins,
    workers: config.workers,
  };
}

/** `record: true` is all its defaults; `record: false` is not to have it. */
function withRecord(node: MapNode): MapNode {
  const record = node.entries.get('record');
  if (record?.value.kind !== 'scalar') return node;
  const { value, substitution, span } = record.value;
  const on = substitution?.fromOutside ? substitution.text === 'true' : value === true;
  const off = substitution?.fromOutside ? substitution.text === 'false' : value === false;
  if (!on && !off) return node;
  const entries = new Map(node.entries);
  if (on) entries.set('record', { ...record, value: { kind: 'map', span, entries: new Map() } });
  else entries.delete('record');
  return { ...node, entries };
}

function readPlugins(node: Node | undefined, file: string): { path: string; position: Position }[] {
  if (!node || isEmpty(node)) return [];
  const items = node.kind === 'list' ? node.items : [node];
  return items.flatMap((item) =>
    item.kind === 'scalar' && typeof item.value === 'string' && textOf(item) !== '' && !isUnknown(item)
      ? [{ path: resolve(dirname(file), textOf(item)), position: positionOf(item.span) }]
      : [],
  );
}

function isOfThisMachine(listen: string): boolean {
  const wanted = hostAndPort(listen);
  return wanted !== undefined && isLoopback(wanted.host);
}

/** A folder of the file's own, so that two collectors on one machine never share a queue. */
export function defaultStorage(file: string, env: Readonly<Record<string, string | undefined>>): string {
  const name = basename(file)
    .replace(/\.ya?ml$/i, '')
    .replace(/[^\w.-]+/g, '-');
  const own = `${name}-${createHash('sha256').update(file).digest('hex').slice(0, 12)}`;
  // systemd gives several, separated by colons, where a unit asks for several.
  const state = env['STATE_DIRECTORY']?.split(':', 1)[0];
  if (state) return join(state, own);
  const xdg = env['XDG_STATE_HOME'];
  if (xdg) return join(xdg, 'lnmt-collector', own);
  return join(env['HOME'] || homedir(), '.local', 'state', 'lnmt-collector', own);
}
