/**
 * `include` patterns: `*` and `?` within a name, `**` for folders at any depth. Hidden files and
 * folders match only where the pattern says so: editors' swap files and `..data` are none of ours.
 */
import { readdir } from 'node:fs/promises';
import { join, parse, sep } from 'node:path';

const MAX_DIRECTORIES = 10_000;

export function isPattern(path: string): boolean {
  return /[*?]/.test(path);
}

/** Files that match the absolute `pattern`, sorted. Adds the directories that were looked into to `directories`. */
export async function expandPattern(pattern: string, directories: Set<string>): Promise<string[]> {
  const { root } = parse(pattern);
  const found = new Set<string>();
  let budget = MAX_DIRECTORIES;
  const walk = async (directory: string, [segment, ...rest]: readonly string[]): Promise<void> => {
    if (segment === undefined) return;
    if (rest.length > 0 && !isPattern(segment)) return walk(join(directory, segment), rest);
    if (budget-- <= 0) return;
    directories.add(directory);
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    if (segment === '**') await walk(directory, rest.length > 0 ? rest : ['*']);
    const matches = segment === '**' ? (name: string) => !name.startsWith('.') : nameMatcher(segment);
    for (const entry of entries) {
      if (!matches(entry.name)) continue;
      const path = join(directory, entry.name);
      if (segment === '**') {
        if (entry.isDirectory()) await walk(path, [segment, ...rest]);
      } else if (rest.length > 0) {
        if (entry.isDirectory() || entry.isSymbolicLink()) await walk(path, rest);
      } else if (!entry.isDirectory()) found.add(path);
    }
  };
  await walk(
    root,
    pattern
      .slice(root.length)
      .split(sep)
      .filter((segment) => segment !== ''),
  );
  return [...found].sort();
}

function nameMatcher(segment: string): (name: string) => boolean {
  const source = segment
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  const pattern = new RegExp(`^${source}$`, 's');
  return (name) => (segment.startsWith('.') || !name.startsWith('.')) && pattern.test(name);
}
