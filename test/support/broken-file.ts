/** A pipeline file, and what can go wrong with it: slips of the fingers, halves, bombs, ports and certificates. */

export interface Broken {
  readonly what: string;
  readonly text: string;
  /** Where it must be reported; undefined where a file ends too early, which is told wherever it shows. */
  readonly line?: number;
  /** The word that was misspelt. */
  readonly meant?: string;
}

export interface Places {
  /** A file that is there, and is no certificate. */
  readonly notACertificate: string;
  readonly takenPort: number;
}

/** `#` after a word marks one that can be misspelt; the marks are taken out. */
const MARKED = (directory: string): string => `receivers#:
  syslog:
    listen#: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0']
    format#: auto
    framing#: newline
    max_message_size#: 64KiB
    idle_timeout#: 5m
  http:
    listen#: http://127.0.0.1:0
    max_body#: 1MiB
processors#:
  enrich/site:
    set#: { site: fra1 }
    tags#: [production]
  filter/noise:
    drop_when#: 'message.contains("health") && level < warning'
exporters#:
  file/all:
    path#: ${directory}/all.jsonl
    timeout#: 10s
    concurrency#: 1
    queue#: { type#: memory, on_full#: block }
  file/limited:
    path#: ${directory}/limited.jsonl
    retry#: { initial_interval#: 1s, max_interval#: 1m }
  file/door:
    path#: ${directory}/door.jsonl
    filters#: { min_level#: warning, event_types#: [custom] }
    rate_limit#: { max_per_window#: 20, window#: 1h }
pipelines#:
  all:
    receivers#: [syslog#, http]
    processors#: [enrich/site#, filter/noise#]
    exporters#: [file/all#, file/door#, pipeline/limited#]
  limited:
    processors#:
      - ratelimit#: { max_per_window#: 50, window#: 1h, by#: [source] }
    exporters#: [file/limited#]
`;

export const whole = (directory: string): string => MARKED(directory).replaceAll('#', '');

export function broken(directory: string, random: () => number, { notACertificate, takenPort }: Places): Broken {
  const text = whole(directory);
  const at = (from: string, to: string, what: string, near = from): Broken => {
    const place = text.indexOf(near);
    if (place < 0 || !text.includes(from)) throw new Error(`${from} is not in the file`);
    return { what, text: text.replace(from, to), line: lineOf(text, place) };
  };
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  if (random() < 0.5) return misspelt(directory, random);
  const kinds: readonly (() => Broken)[] = [
    () => half(text, random),
    () => half(text, random),
    () => half(text, random),
    () => at('set: { site: fra1 }', `set: ${bomb()}`, 'an alias bomb'),
    () => at("'udp://127.0.0.1:0'", `'tcp://127.0.0.1:${takenPort}'`, 'a port in use'),
    () => at('http://127.0.0.1:0', `http://127.0.0.1:${takenPort}`, 'a port in use'),
    () =>
      at(
        '    max_body',
        `    tls: { cert_file: ${pick([notACertificate, '/nowhere/cert.pem', directory])}, key_file: /nowhere/key.pem }\n    max_body`,
        'a certificate that cannot be read',
      ),
    () => at('timeout: 10s', `timeout: ${pick(['[10]', '{ s: 10 }', 'ten', "''", '-1s'])}`, 'a wrong type'),
    () => at('concurrency: 1', `concurrency: ${pick(['many', '0', '1.5', '[1]'])}`, 'a wrong number'),
    () => at('    timeout: 10s', '\ttimeout: 10s', 'a tab'),
    () => at('max_per_window: 50', `max_per_window: \${env:LNMT_NOT_SET}`, 'a variable that is not set'),
    () =>
      at('level < warning', pick(['levle < warning', 'level < ', 'level < 3 +', 'level < "x']), 'a wrong expression'),
    () => at('  file/limited:\n', '  file/all:\n', 'an id twice', 'file/limited:'),
    () => at('exporters: [file/limited]', 'exporters: [file/limited, pipeline/all]', 'a circle'),
    () => at('[syslog, http]', '[syslog http]]', 'a bracket too many'),
    // Where it should have been closed shows on the line that follows.
    () => at('[syslog, http]', pick(['[syslog, http', '{syslog']), 'a bracket too few', '    processors: ['),
    () => at('listen: http', 'listen http', 'a colon that is missing'),
    () => at('    tags: [production]', '   tags: [production]', 'an indentation'),
    () => ({ what: 'an empty file', text: '', line: 1 }),
  ];
  return pick(kinds)();
}

/** Two letters swapped, one missing, twice, or another; an underscore missing. */
function misspelt(directory: string, random: () => number): Broken {
  const marked = MARKED(directory);
  const words = [...marked.matchAll(/([\w/]+)#/g)];
  const found = words[Math.floor(random() * words.length)]!;
  const word = found[1]!;
  const at = marked.slice(0, found.index).replaceAll('#', '').length;
  const text = marked.replaceAll('#', '');
  let slip = word;
  while (slip === word) slip = slipped(word, random);
  return {
    what: `${word} misspelt ${slip}`,
    text: text.slice(0, at) + slip + text.slice(at + word.length),
    line: lineOf(text, at),
    meant: word,
  };
}

function slipped(word: string, random: () => number): string {
  // A name's type is often right: the slip is in the part that is one's own.
  const from = word.indexOf('/') + 1;
  const at = from + Math.floor(random() * (word.length - from));
  const letter = word[at]!;
  const [before, after] = [word.slice(0, at), word.slice(at + 1)];
  switch (Math.floor(random() * 5)) {
    case 0:
      return `${before}${after.slice(0, 1)}${letter}${after.slice(1)}`;
    case 1:
      return word.length - from > 2 ? before + after : word;
    case 2:
      return before + letter + letter + after;
    case 3:
      return before + 'abcdefghijklmnopqrstuvwxyz'[Math.floor(random() * 26)]! + after;
    default:
      return word.replace('_', '');
  }
}

function half(text: string, random: () => number): Broken {
  return { what: 'a half', text: text.slice(0, 1 + Math.floor(random() * (text.indexOf('exporters:') - 1))) };
}

/** Nine levels of nine aliases: four hundred million values. */
function bomb(): string {
  const levels = Array.from(
    { length: 9 },
    (_, n) => `l${n}: &l${n} [${Array.from({ length: 9 }, () => (n === 0 ? 'x' : `*l${n - 1}`)).join(', ')}]`,
  );
  return `{ ${levels.join(', ')} }`;
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}
