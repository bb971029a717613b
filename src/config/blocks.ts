/**
 * The files of a configuration, merged: the main file and the fragments that it includes have the
 * same blocks, and nothing in one overrides anything in another.
 */
import { isUtf8 } from 'node:buffer';
import { realpath, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { compileGlob } from '../lib/glob.ts';
import { codeOf } from '../component/errors.ts';
import type { Findings } from './findings.ts';
import { expandPattern, isPattern } from './include-glob.ts';
import { parseYaml } from './parse-yaml.ts';
import { shortSpan } from './prepare.ts';
import { positionOf, Source, type Span } from './source.ts';
import { substitute, type Outside } from './substitute.ts';
import { didYouMean, listed, nearest } from './suggest.ts';
import { isEmpty, isUnknown, textOf, type Entry, type MapNode, type Node } from './tree.ts';

export type BlockName = 'receivers' | 'processors' | 'exporters' | 'pipelines' | 'service';

export interface Blocks {
  /** Ids in the order of the files; `connectors` are exporters. */
  readonly entries: Readonly<Record<BlockName, ReadonlyMap<string, Entry>>>;
  /** False where no file has a `pipelines` block with something in it. */
  readonly hasPipelines: boolean;
  readonly tests: readonly Node[];
  /** True where a fragment could not be read: what it defines would only seem to be missing. */
  readonly partial: boolean;
  /** The first line of the main file. */
  readonly top: Span;
}

const BLOCKS = ['receivers', 'processors', 'exporters', 'connectors', 'pipelines', 'service', 'tests', 'include'];
const MAX_FILE_BYTES = 8 * 1024 * 1024;
const MAX_FRAGMENTS = 1_000;

/** Reads and merges; adds what was read, or looked for, to `watch`. Undefined where the main file gives nothing to go on with. */
export async function readBlocks(
  file: string,
  outside: Outside,
  findings: Findings,
  watch: Set<string>,
): Promise<Blocks | undefined> {
  const merged = new Merged(findings);
  const root = await readTree(file, undefined, file, outside, findings, watch);
  if (!root) return undefined;
  merged.add(root);
  let partial = false;
  const include = root.entries.get('include');
  if (include) {
    for (const { path, span } of await fragments(include.value, file, outside, findings, watch)) {
      const fragment = await readTree(path, span, file, outside, findings, watch);
      const nested = fragment?.entries.get('include');
      if (nested) findings.error(nested.keySpan, 'a fragment cannot include others; name them in the main file');
      if (fragment) merged.add(fragment);
      else partial = true;
    }
  }
  return { ...merged.blocks(root.span.source), partial };
}

async function readTree(
  path: string,
  from: Span | undefined,
  mainFile: string,
  outside: Outside,
  findings: Findings,
  watch: Set<string>,
): Promise<MapNode | undefined> {
  watch.add(path);
  let text: string;
  try {
    text = outside.files?.get(path) ?? (await readText(path));
  } catch (error) {
    const source = new Source(path, '');
    const why = reasonOf(error);
    if (from) findings.error(from, `${path} cannot be read: ${why}`);
    else {
      findings.addSource(source);
      const todo =
        codeOf(error) === 'ENOENT'
          ? '; name another with --config, or begin with what `lnmt-collector sample-config` prints'
          : '';
      findings.error({ source, start: 0, end: 0 }, `the file cannot be read: ${why}${todo}`);
    }
    return undefined;
  }
  await outside.prepare?.(text);
  const source = new Source(path, text);
  findings.addSource(source);
  const root = parseYaml(source, findings);
  if (!root) return undefined;
  for (const read of await substitute(withoutTests(root), mainFile, outside, findings)) watch.add(read);
  return root;
}

async function readText(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) throw new Error('it is larger than 8MiB');
  const bytes = await readFile(path);
  if (!isUtf8(bytes)) throw new Error(`it is not UTF-8${whereNot(bytes)}; save it as UTF-8`);
  return bytes.toString();
}

/** Which other encoding it seems to be, or the line of the first byte that is none. */
function whereNot(bytes: Buffer): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return ' but UTF-16';
  let line = 1;
  for (let from = 0; from < bytes.length; line += 1) {
    const end = bytes.indexOf('\n', from);
    const next = end === -1 ? bytes.length : end + 1;
    if (!isUtf8(bytes.subarray(from, next))) break;
    from = next;
  }
  return ` (line ${line})`;
}

/** What `tests` holds is raw input: a `$` in it is a dollar sign. */
function withoutTests(root: MapNode): MapNode {
  const entries = new Map(root.entries);
  entries.delete('tests');
  return { ...root, entries };
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'this user may not read it';
    case 'EISDIR':
      return 'it is a directory';
    default:
      return error instanceof Error && codeOf(error) === 'Error' ? error.message : codeOf(error);
  }
}

async function fragments(
  node: Node,
  mainFile: string,
  { files }: Outside,
  findings: Findings,
  watch: Set<string>,
): Promise<{ path: string; span: Span }[]> {
  const seen = new Set([await real(mainFile)]);
  const found: { path: string; span: Span }[] = [];
  const items = node.kind === 'list' ? node.items : isEmpty(node) ? [] : [node];
  for (const item of items) {
    if (item.kind !== 'scalar' || (typeof item.value !== 'string' && !isEmpty(item)) || textOf(item) === '') {
      findings.error(shortSpan(item), 'include takes paths of files, such as conf.d/*.yaml');
      continue;
    }
    if (item.substitution?.missing) continue;
    const path = resolve(dirname(mainFile), textOf(item));
    const paths = !isPattern(path)
      ? [path]
      : files
        ? [...files.keys()].filter(compileGlob(path)).sort()
        : await expandPattern(path, watch);
    if (paths.length === 0) findings.hint(item.span, 'no file matches this yet');
    for (const match of paths) {
      const same = await real(match);
      if (seen.has(same)) continue;
      seen.add(same);
      found.push({ path: match, span: item.span });
    }
  }
  if (found.length > MAX_FRAGMENTS)
    findings.error(shortSpan(node), `include comes to ${found.length} files; ${MAX_FRAGMENTS} are read at the most`);
  return found.slice(0, MAX_FRAGMENTS);
}

async function real(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

class Merged {
  readonly #findings: Findings;
  readonly #entries: Record<BlockName, Map<string, Entry>> = {
    receivers: new Map(),
    processors: new Map(),
    exporters: new Map(),
    pipelines: new Map(),
    service: new Map(),
  };
  readonly #tests: Node[] = [];

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(root: MapNode): void {
    for (const entry of root.entries.values()) {
      const { key, keySpan, value } = entry;
      // A place for anchors, as in compose files.
      if (key === 'include' || key.startsWith('x-')) continue;
      if (key === 'tests') this.#addTests(value);
      else if (key === 'connectors') this.#addBlock('exporters', key, value);
      else if (Object.hasOwn(this.#entries, key)) this.#addBlock(key as BlockName, key, value);
      else {
        const suggestion = nearest(key, BLOCKS);
        this.#findings.error(
          keySpan,
          `unknown block "${key}"${didYouMean(suggestion) || `; a pipeline file has ${listed(BLOCKS)}`}`,
          suggestion,
        );
      }
    }
  }

  #addTests(value: Node): void {
    if (value.kind === 'list') this.#tests.push(...value.items);
    else if (!isEmpty(value) && !isUnknown(value))
      this.#findings.error(shortSpan(value), 'tests takes a list: each test starts with `- name:`');
  }

  #addBlock(block: BlockName, written: string, value: Node): void {
    if (isEmpty(value) || isUnknown(value)) return;
    if (value.kind !== 'map') {
      const wanted =
        block === 'service' ? 'options' : block === 'pipelines' ? 'names and what is in them' : 'ids and their options';
      this.#findings.error(
        shortSpan(value),
        `${written} takes a map of ${wanted}, not ${value.kind === 'list' ? 'a list; remove the dashes' : 'a single value'}`,
      );
      return;
    }
    const entries = this.#entries[block];
    for (const entry of value.entries.values()) {
      const first = entries.get(entry.key);
      if (!first) entries.set(entry.key, entry);
      else if (first.keySpan.source !== entry.keySpan.source || first.keySpan.start !== entry.keySpan.start)
        this.#twice(block, first, entry);
    }
  }

  #twice(block: BlockName, first: Entry, second: Entry): void {
    const { file, line } = positionOf(first.keySpan);
    const what = block === 'service' ? 'service option' : block.slice(0, -1);
    const same = second.keySpan.source.file === file;
    const here = positionOf(second.keySpan);
    this.#findings.error(
      second.keySpan,
      `the ${what} "${second.key}" is defined twice: ${same ? `on line ${line} and here, on line ${here.line}` : `in ${file} on line ${line}, and here, in ${here.file} on line ${here.line}`}; rename or remove one`,
    );
  }

  blocks(source: Source): Omit<Blocks, 'partial'> {
    const end = source.lineText(1).length;
    return {
      entries: this.#entries,
      hasPipelines: this.#entries.pipelines.size > 0,
      tests: this.#tests,
      top: { source, start: 0, end },
    };
  }
}
