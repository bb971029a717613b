/**
 * A pipeline file that is edited at random and stays valid: the file, a mounted fragment, a secret, a
 * lookup table and a certificate. Each version carries its number to `/stamp`, where it shows when it
 * is at work.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { backupFirst, dataSwap, inPlace, inTwoWrites, removeFirst, renameOver, storm, type Edit } from './edits.ts';

/** What a version number is read from, at `/stamp`. */
export type Part = 'main' | 'mounted' | 'table' | 'secret';

const BY_HAND = { renameOver, inPlace, backupFirst, removeFirst, inTwoWrites, storm } as const;

export interface Made {
  readonly part: Part | 'certificate';
  readonly what: string;
  readonly how: string;
  /** What `/stamp` shows when it is at work; of a certificate: its fingerprint. */
  readonly version: string;
}

interface Certificate {
  readonly cert: string;
  readonly private: string;
  readonly fingerprint: string;
}

/** The same run again for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class EditedFile {
  readonly #directory: string;
  readonly #origin: string;
  readonly #random: () => number;
  readonly #certificates: readonly Certificate[];
  readonly #versions: Record<Part, number> = { main: 0, mounted: 0, table: 0, secret: 0 };
  /** The most that either limit ever was: with windows that stay, it is what passes. */
  readonly most = { limit: 0, door: 0 };
  #limit = 50;
  #door = 5;
  #level = 'critical';
  #added = false;
  #spare = 'spare';
  #extraAddress = false;
  #longest = 64;
  #connections = 4096;
  #body = 10;
  #timeout = 10;
  #disk = true;
  #header = 0;
  #comment = '';
  #mountedLevel = 'critical';
  #certificate = 0;
  #made = 0;

  private constructor(directory: string, origin: string, random: () => number, certificates: readonly Certificate[]) {
    this.#directory = directory;
    this.#origin = origin;
    this.#random = random;
    this.#certificates = certificates;
    this.#noteLimits();
  }

  static async make(directory: string, origin: string, seed: number): Promise<EditedFile> {
    const certificates = await Promise.all(
      ['one', 'two'].map((name) =>
        generate([{ name: 'commonName', value: name }], { keySize: 2_048, algorithm: 'sha256' }),
      ),
    );
    const file = new EditedFile(directory, origin, seeded(seed), certificates);
    await mkdir(join(directory, 'mounted'));
    await dataSwap(file.#path('mounted/more.yaml'), file.#mounted());
    await writeFile(file.#path('table.csv'), file.#table());
    await writeFile(file.#path('secret'), file.#secret());
    await file.#writeCertificate();
    return file;
  }

  /** Makes the next edit; `write` puts a text into the pipeline file. */
  async next(write: (text: string, how: Edit) => Promise<void>): Promise<Made> {
    this.#made += 1;
    const turn = this.#made % 10;
    if (turn === 3 || turn === 7) {
      this.#versions.mounted += 1;
      this.#mountedLevel = this.#other(['critical', 'error', 'debug'], this.#mountedLevel);
      await dataSwap(this.#path('mounted/more.yaml'), this.#mounted());
      return this.#stamped('mounted', 'a fragment', 'dataSwap');
    }
    const how = this.#pick(Object.keys(BY_HAND)) as keyof typeof BY_HAND;
    if (turn === 5) {
      this.#versions.table += 1;
      await BY_HAND[how](this.#path('table.csv'), this.#table());
      return this.#stamped('table', 'a lookup table', how);
    }
    if (turn === 9) {
      if (this.#made % 20 === 9) {
        this.#versions.secret += 1;
        await BY_HAND[how](this.#path('secret'), this.#secret());
        return this.#stamped('secret', 'a secret', how);
      }
      this.#certificate = 1 - this.#certificate;
      await this.#writeCertificate();
      const { fingerprint } = this.#certificates[this.#certificate]!;
      return { part: 'certificate', what: 'a certificate', how: 'renameOver', version: fingerprint };
    }
    this.#versions.main += 1;
    const what = this.#pick(Object.keys(this.#changes));
    this.#changes[what]!();
    this.#noteLimits();
    await write(this.main(), BY_HAND[how]);
    return this.#stamped('main', what, how);
  }

  readonly #changes: Readonly<Record<string, () => void>> = {
    'a filter': () => (this.#level = this.#other(['critical', 'error', 'info'], this.#level)),
    'a rate limit': () => (this.#limit = 20 + Math.floor(this.#random() * 500)),
    "an exporter's rate limit": () => (this.#door = 1 + Math.floor(this.#random() * 50)),
    'a header': () => (this.#header += 1),
    'an exporter more or less': () => (this.#added = !this.#added),
    'a pipeline more or less': () => (this.#spare = this.#spare === '' ? 'spare' : ''),
    'a pipeline renamed': () => (this.#spare = this.#other(['spare', 'other'], this.#spare)),
    'an address more or less': () => (this.#extraAddress = !this.#extraAddress),
    'the syslog receiver': () => (this.#longest = 32 + Math.floor(this.#random() * 32)),
    'the number of connections': () => (this.#connections = 1_000 + Math.floor(this.#random() * 1_000)),
    'the http receiver': () => (this.#body = 1 + Math.floor(this.#random() * 20)),
    'a time-out': () => (this.#timeout = 5 + Math.floor(this.#random() * 20)),
    'the type of a queue': () => (this.#disk = !this.#disk),
    'a comment': () => (this.#comment = `# ${'x'.repeat(Math.floor(this.#random() * 2_000))}`),
  };

  /** Everything goes to `file/all`; what passes `limited` and the door of `http/hook` shows whether windows stay. */
  main(): string {
    const file = (name: string): string => `{ path: ${join(this.#directory, `${name}.jsonl`)} }`;
    return `${this.#comment}
include: [${join(this.#directory, 'mounted')}/*.yaml]
receivers:
  syslog:
    listen: ['udp://127.0.0.1:0', 'tcp://127.0.0.1:0', 'tls://127.0.0.1:0'${this.#extraAddress ? ", 'udp://127.0.0.2:0'" : ''}]
    max_message_size: ${this.#longest}KiB
    max_connections: ${this.#connections}
    tls: { cert_file: ${this.#path('cert.pem')}, key_file: ${this.#path('key.pem')} }
  http: { listen: 'http://127.0.0.1:0', max_body: ${this.#body}MiB }
processors:
  enrich/main:
    set: { main: ${this.#versions.main}, secret: '\${file:${this.#path('secret')}}' }
    lookup: { file: ${this.#path('table.csv')}, key: source }
exporters:
  file/all:
    path: ${join(this.#directory, 'all.jsonl')}
    timeout: ${this.#timeout}s
    queue: { type: ${this.#disk ? 'disk' : 'memory'} }
  file/level: ${file('level')}
  file/limited: ${file('limited')}
  http/hook:
    url: ${this.#origin}/hook
    headers: { X-Edit: '${this.#header}' }
    rate_limit: { max_per_window: ${this.#door}, window: 1h }
  http/stamp: { url: '${this.#origin}/stamp', queue: { type: memory } }
${this.#added ? `  file/added: ${file('added')}\n` : ''}${this.#spare ? `  file/${this.#spare}: ${file(this.#spare)}\n` : ''}
pipelines:
  all: { receivers: [syslog, http], exporters: [file/all${this.#added ? ', file/added' : ''}] }
  level: { receivers: [syslog, http], processors: [filter: { min_level: ${this.#level} }], exporters: [file/level] }
  limited:
    receivers: [syslog, http]
    processors: [ratelimit: { max_per_window: ${this.#limit}, window: 1h, by: [source] }]
    exporters: [file/limited]
  hook: { receivers: [syslog], exporters: [http/hook] }
  stamp:
    receivers: [syslog, http]
    processors: [ratelimit: { max_per_window: 1, window: 20ms, by: [source] }, enrich/main, enrich/mounted]
    exporters: [http/stamp]
${this.#spare ? `  ${this.#spare}: { receivers: [syslog], processors: [filter: { min_level: critical }], exporters: [file/${this.#spare}] }\n` : ''}`;
  }

  #mounted(): string {
    return `processors:
  enrich/mounted: { set: { mounted: ${this.#versions.mounted} } }
exporters:
  file/mounted: { path: ${join(this.#directory, 'mounted.jsonl')} }
pipelines:
  mounted: { receivers: [http], processors: [filter: { min_level: ${this.#mountedLevel} }], exporters: [file/mounted] }
`;
  }

  #table(): string {
    return `source,table\napp,${this.#versions.table}\nother,0\n`;
  }

  #secret(): string {
    return `s-${this.#versions.secret}\n`;
  }

  async #writeCertificate(): Promise<void> {
    const { cert, private: key } = this.#certificates[this.#certificate]!;
    await renameOver(this.#path('key.pem'), key);
    await chmod(this.#path('key.pem'), 0o600);
    await renameOver(this.#path('cert.pem'), cert);
  }

  #stamped(part: Part, what: string, how: string): Made {
    const version = this.#versions[part];
    return { part, what, how, version: part === 'secret' ? `s-${version}` : String(version) };
  }

  #noteLimits(): void {
    this.most.limit = Math.max(this.most.limit, this.#limit);
    this.most.door = Math.max(this.most.door, this.#door);
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!;
  }

  #other<T>(from: readonly T[], than: T): T {
    return this.#pick(from.filter((one) => one !== than));
  }
}
