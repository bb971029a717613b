/** What a file says of its connectors, before it is loaded: names, types and whether they are enabled. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { ConnectorStatus } from './status.ts';

/** Empty where the file cannot be read; loading it says why. */
export function peek(file: string): Record<string, ConnectorStatus> {
  const found: Record<string, ConnectorStatus> = {};
  for (const [name, options] of connectorsOf(file)) {
    const { type, enabled } = (options ?? {}) as { readonly type?: unknown; readonly enabled?: unknown };
    found[name] = {
      type: typeof type === 'string' ? type : name.split('/', 1)[0]!,
      enabled: enabled !== false,
      state: enabled === false ? 'disabled' : 'starting',
      queued: 0,
      sent: 0,
      filtered: 0,
      limited: 0,
      failed: 0,
    };
  }
  return found;
}

function connectorsOf(file: string): [string, unknown][] {
  try {
    const { exporters, connectors } = (parse(readFileSync(file, 'utf8'), { logLevel: 'silent' }) ?? {}) as Record<
      string,
      object | null | undefined
    >;
    return [...Object.entries(exporters ?? {}), ...Object.entries(connectors ?? {})];
  } catch {
    return [];
  }
}
