/** Where a file's state is kept, told even of a file that is broken: that is when the last good one is needed. */
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { defaultStorage } from './service.ts';

/** The storage directory that the text asks for as far as it can be read, else the default one. `file` is absolute. */
export function storageOf(file: string, text: string, env: Readonly<Record<string, string | undefined>>): string {
  const written: unknown = parseDocument(text, { logLevel: 'silent', uniqueKeys: false }).getIn([
    'service',
    'storage',
    'directory',
  ]);
  // A substitution may be what is broken: it is not followed.
  return typeof written === 'string' && written !== '' && !written.includes('$')
    ? resolve(dirname(file), written)
    : defaultStorage(file, env);
}
