/** What an edit of the `service` block does; components are the plan's. */
import { isDeepStrictEqual } from 'node:util';
import type { Configuration, ServiceOptions } from '../component/configuration.ts';
import { defaultStorage } from '../config/service.ts';
import type { Variables } from './loading.ts';

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

/** The edited file is meant to take the place of the other: a storage directory that only follows from a file's name is no change. */
export function serviceChanges(before: Configuration, after: Configuration, env: Variables): ServiceChange[] {
  const byName = [before, after].every(({ file, service }) => service.storageDirectory === defaultStorage(file, env));
  return EFFECTS.filter(
    ([key]) => !isDeepStrictEqual(before.service[key], after.service[key]) && !(byName && key === 'storageDirectory'),
  ).map(([, option, effect]) => ({ option, effect }));
}
