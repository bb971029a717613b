/**
 * `${env:NAME}`, `${env:NAME:-default}`, `${file:/path}` and `$$` in texts. What is filled in is
 * data: it is never read as YAML, and takes the type of the option it lands in.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf } from '../component/errors.ts';
import type { Findings } from './findings.ts';
import { sourceOffset } from './scalar-offsets.ts';
import { nearest, didYouMean } from './suggest.ts';
import type { Node, Piece, ScalarNode, Substitution } from './tree.ts';

export interface Outside {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly noSecrets?: boolean;
  /** Texts to read in place of the files on disk, by absolute path. */
  readonly files?: ReadonlyMap<string, string>;
  /** Told the text of each file before anything in it is checked: loads what its templates need. */
  prepare?(text: string): Promise<void>;
}

const REFERENCE = /\$\$|\$\{([^}]*)\}?/g;
const ENV = /^env:([A-Za-z_]\w*)(?::-([\s\S]*))?$/;
const FILE = /^file:([\s\S]+)$/;
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a directory',
};
const MAX_SECRET_BYTES = 1024 * 1024;

/** Fills in every text of `tree`, except below the keys named. Answers the files that were read or missed. */
export async function substitute(
  tree: Node,
  mainFile: string,
  outside: Outside,
  findings: Findings,
): Promise<string[]> {
  const scalars: ScalarNode[] = [];
  collect(tree, new Set(), scalars);
  const files = new Map<string, string | Error>();
  const paths = new Set<string>();
  for (const { value } of scalars) {
    for (const [, body = ''] of String(value).matchAll(REFERENCE)) {
      const path = FILE.exec(body)?.[1];
      if (path !== undefined) paths.add(resolve(dirname(mainFile), path));
    }
  }
  await Promise.all([...paths].map(async (path) => files.set(path, await readSecret(path))));
  for (const scalar of scalars) {
    scalar.substitution = fill(scalar, mainFile, outside, files, findings);
    await outside.prepare?.(scalar.substitution.text);
  }
  return [...paths];
}

/** Every text with a dollar sign, each once, however many aliases lead to it. */
function collect(node: Node, seen: Set<Node>, found: ScalarNode[]): void {
  if (node.kind === 'scalar') {
    if (typeof node.value !== 'string' || !node.value.includes('$') || seen.has(node)) return;
    seen.add(node);
    found.push(node);
    return;
  }
  if (seen.has(node)) return;
  seen.add(node);
  if (node.kind === 'list') for (const item of node.items) collect(item, seen, found);
  else for (const { value } of node.entries.values()) collect(value, seen, found);
}

async function readSecret(path: string): Promise<string | Error> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > MAX_SECRET_BYTES) return new Error('larger than 1MiB');
    return bytes.toString('utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const code = codeOf(error);
    return new Error(REASONS[code] ?? code);
  }
}

function fill(
  scalar: ScalarNode,
  mainFile: string,
  outside: Outside,
  files: ReadonlyMap<string, string | Error>,
  findings: Findings,
): Substitution {
  const raw = String(scalar.value);
  const pieces: Piece[] = [];
  let missing = false;
  let end = 0;
  const literal = (to: number) => {
    if (to > end) pieces.push({ text: raw.slice(end, to), rawStart: end, fromOutside: false });
  };
  for (const match of raw.matchAll(REFERENCE)) {
    literal(match.index);
    end = match.index + match[0].length;
    if (match[0] === '$$') {
      pieces.push({ text: '$', rawStart: match.index, fromOutside: false });
      continue;
    }
    const found = resolveReference(match[1] ?? '', match[0], mainFile, outside, files);
    if (typeof found === 'string') {
      pieces.push({ text: found, rawStart: match.index, fromOutside: true });
      continue;
    }
    missing = true;
    if (outside.noSecrets && found.absent) continue;
    const start = sourceOffset(scalar, match.index);
    const finish = Math.max(start + 1, sourceOffset(scalar, end - 1) + 1);
    findings.error({ source: scalar.span.source, start, end: finish }, found.message, found.suggestion);
  }
  literal(raw.length);
  return {
    text: pieces.map(({ text }) => text).join(''),
    pieces,
    fromOutside: pieces.some((piece) => piece.fromOutside),
    missing,
  };
}

interface Unresolved {
  readonly message: string;
  readonly suggestion?: string;
  /** True where the reference is right and only its value is not at hand. */
  readonly absent?: boolean;
}

function resolveReference(
  body: string,
  written: string,
  mainFile: string,
  outside: Outside,
  files: ReadonlyMap<string, string | Error>,
): string | Unresolved {
  if (!written.endsWith('}')) return { message: `this \${ has no closing }; write $\${ for a dollar sign and a brace` };
  const [, name, fallback] = ENV.exec(body) ?? [];
  if (name !== undefined) {
    const value = outside.env[name];
    // As in a shell: a default stands in for what is unset or empty.
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
    if (value !== undefined) return value;
    const meant = nearest(name, Object.keys(outside.env));
    return {
      message: `the environment variable ${name} is not set; set it, or give a default: \${env:${name}:-default}${didYouMean(meant)}`,
      absent: true,
      ...(meant === undefined ? {} : { suggestion: meant }),
    };
  }
  const path = FILE.exec(body)?.[1];
  if (path !== undefined) {
    const content = files.get(resolve(dirname(mainFile), path));
    if (typeof content === 'string') return content;
    return { message: `${path} could not be read: ${content?.message ?? 'unknown error'}`, absent: true };
  }
  const variable = /^[A-Za-z_]\w*(?=$|:-)/.exec(body)?.[0];
  if (variable !== undefined)
    return { message: `\${${body}} is not known here; did you mean \${env:${body}}?`, suggestion: `\${env:${body}}` };
  return {
    message: `${written} is not known here; it can be \${env:NAME}, \${env:NAME:-default} or \${file:/path}, and $\${ is a dollar sign and a brace`,
  };
}
