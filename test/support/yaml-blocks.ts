import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A piece of YAML that users see. */
export interface YamlBlock {
  /** `README.md:42`. */
  readonly place: string;
  /** What its fence says after `yaml`: nothing, `invalid` (must have errors) or `other` (is no file of ours). */
  readonly kind: '' | 'invalid' | 'other';
  readonly text: string;
}

/** The complete files in examples/. */
export function exampleFiles(): YamlBlock[] {
  return readdirSync(`${root}examples`)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ place: `examples/${name}`, kind: '', text: readFileSync(`${root}examples/${name}`, 'utf8') }));
}

/** Every fenced YAML block of the project's Markdown. */
export function documentedBlocks(): YamlBlock[] {
  const documents = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`);
  return [...readdirSync(root), ...documents]
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) => {
      const text = readFileSync(root + path, 'utf8');
      return [...text.matchAll(/^```yaml(?: (invalid|other))?\n(.*?)^```$/gms)].map((match) => ({
        place: `${path}:${text.slice(0, match.index).split('\n').length}`,
        kind: (match[1] ?? '') as YamlBlock['kind'],
        text: match[2]!,
      }));
    });
}

/**
 * A fragment (neither `pipelines` nor `connectors`) as a whole file: blocks that a file needs and the
 * fragment lacks stand after it, so that its lines keep their numbers.
 */
export function wholeFile(text: string): string {
  const has = (block: string) => new RegExp(`^${block}:`, 'm').test(text);
  if (has('pipelines') || has('connectors')) return text;
  const missing = [
    ...(has('receivers') ? [] : ['receivers: { http: { listen: http://127.0.0.1:8686 } }']),
    ...(has('exporters') ? [] : ['exporters: { console: {} }']),
  ];
  return [text.trimEnd(), ...missing, ''].join('\n');
}
