/** What an edit of the `service` block does; components are the plan's. */
import { isDeepStrictEqual } from 'node:util';
import type { ServiceOptions } from '../component/configuration.ts';

export interface ServiceChange {
  readonly option: string;
  readonly effect: string;
}

const EFFECTS: readonly (readonly [keyof ServiceOptions, string, string])[] = [
  ['storageDirectory', 'storage.directory', 'takes effect when the collector is started again'],
  ['admin', 'admin', 'the admin address is opened anew'],
  ['log', 'log', 'takes effect at once'],
  ['shutdownTimeoutMs', 'shutdown_timeout', 'takes effect at once'],
  ['reload', 'reload', 'takes effect with the next edit'],
  ['record', 'record', 'takes effect at once'],
  ['plugins', 'plugins', 'takes effect at once; a module that was loaded before stays as it was'],
  ['workers', 'workers', 'takes effect when the collector is started again'],
];

export function serviceChanges(before: ServiceOptions, after: ServiceOptions): ServiceChange[] {
  return EFFECTS.filter(([key]) => !isDeepStrictEqual(before[key], after[key])).map(([, option, effect]) => ({ option, effect }));
}
