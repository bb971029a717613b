/**
 * redact: takes out of events what must not reach a chat room, a mailbox or an archive.
 *
 * Where from? Title, message and all texts in the metadata, at any depth; `[email]` stands in their
 * place. Can it leave by another door? The received line is let go of with the first look: after
 * redact, format raw writes the message. What it does not look at: keys of the metadata, and, unless
 * asked, source and tags.
 */
import { retainSound } from '../component/batch.ts';
import {
  defineProcessor,
  type Context,
  type Counter,
  type OptionProblem,
  type Processor,
  type ProcessorOutput,
} from '../component/component.ts';
import { ConfigError } from '../component/errors.ts';
import type { Event } from '../component/event.ts';
import type { ConfigOf } from '../component/schema.ts';
import { compileRegex } from '../expression/regex.ts';
import { checkFieldPath, metadataKeys } from '../lib/field-path.ts';
import { titleOf } from '../lib/title.ts';
import { placeholderOf, Redactor } from './redact/redactor.ts';

const KIND_NAMES = [
  'private_key',
  'url_password',
  'jwt',
  'bearer_token',
  'aws_key',
  'api_key',
  'password',
  'email',
  'iban',
  'credit_card',
  'ipv6',
  'ipv4',
] as const;

const FIELDS = ['title', 'message', 'metadata', 'source', 'tags'] as const;

const schema = {
  type: 'object',
  additionalProperties: false,
  required: [],
  properties: {
    kinds: {
      type: 'array',
      items: { type: 'string', enum: KIND_NAMES },
      orOne: true,
      default: KIND_NAMES.filter((name) => !name.startsWith('ip')),
      description:
        'What is looked for. All but addresses, unless said: those are mostly what operators need. Card numbers and IBANs only with the right check digits; api_key and password also as they are named, in token=… and "password": "…".',
      examples: [['email', 'ipv4', 'ipv6']],
    },
    patterns: {
      type: 'object',
      additionalProperties: { type: 'string', format: 'regex' },
      default: {},
      description: 'Patterns of your own, by the name that stands in their place. They go before the kinds.',
      examples: [{ customer: 'C-\\d{6}' }],
    },
    keys: {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: 256 },
      default: [
        'password',
        'passwd',
        'secret',
        'token',
        'api_key',
        'apikey',
        'authorization',
        'cookie',
        'set-cookie',
        'private_key',
        'client_secret',
        'access_token',
        'refresh_token',
      ],
      orOne: true,
      description:
        'Metadata keys, at any depth and in any case, whose values go whatever they are: [secret] stands there.',
    },
    fields: {
      type: 'array',
      items: { type: 'string', enum: FIELDS },
      minItems: 1,
      orOne: true,
      default: ['title', 'message', 'metadata'],
      description: 'Where it is looked for. source and tags are what limits and filters go by, so only when asked.',
    },
    except: {
      type: 'array',
      items: { type: 'string', format: 'field' },
      orOne: true,
      default: [],
      description: 'Metadata keys that stay as they are.',
      examples: [['metadata.remote']],
    },
    replacement: {
      type: 'string',
      maxLength: 256,
      description:
        'What is written instead: {kind} is what it was, {hash} a hash. Default: [{kind}], or [{kind}:{hash}] with a hash_key.',
      examples: ['***'],
    },
    hash_key: {
      type: 'string',
      minLength: 8,
      writeOnly: true,
      description:
        'With it, equal values have equal hashes in their place, so that they can still be told apart and counted. Without the key nobody can find the value by trying.',
    },
  },
} as const;

type Options = ConfigOf<typeof schema>;

export default defineProcessor({
  type: 'redact',
  stability: 'beta',
  summary:
    'Takes secrets and personal data out of title, message and metadata: keys, passwords, mail addresses, cards.',
  schema,
  example: { kinds: ['email', 'api_key', 'password'], patterns: { customer: String.raw`C-\d{6}` } },
  samples: [
    {
      options: {},
      before: {
        message: 'login of jane@example.com failed: password=hunter2',
        metadata: {
          url: 'https://admin:letmein@example.com/',
          request: { Authorization: 'Bearer abc123def456' },
          remote: '192.0.2.7',
        },
      },
      after: {
        title: 'login of [email] failed: password=[password]',
        message: 'login of [email] failed: password=[password]',
        metadata: {
          url: 'https://admin:[url_password]@example.com/',
          request: { Authorization: '[secret]' },
          remote: '192.0.2.7',
        },
      },
    },
  ],
  mutates: true,
  check: problemsOf,
  create: (options, context) => new Redact(options, context),
});

class Redact implements Processor {
  readonly #redactor: Redactor;
  readonly #fields: ReadonlySet<(typeof FIELDS)[number]>;
  readonly #redacted: Counter;

  constructor(options: Options, context: Context) {
    const wrong = problemsOf(options).find(({ severity }) => severity === 'error');
    if (wrong) throw new ConfigError(wrong.message, { path: wrong.path });
    const {
      kinds,
      patterns,
      keys,
      except,
      hash_key,
      replacement = hash_key === undefined ? '[{kind}]' : '[{kind}:{hash}]',
    } = options;
    this.#redactor = new Redactor({
      kinds: new Set(kinds),
      patterns: Object.entries(patterns).map(([name, text]) => ({
        name,
        regex: compileRegex(text, ['patterns', name]),
      })),
      keys: new Set(keys.map((key) => key.toLowerCase())),
      except: new Set(except.map((path) => (metadataKeys(path) ?? [path]).join('.'))),
      placeholder: placeholderOf(replacement, hash_key),
    });
    this.#fields = new Set(options.fields);
    this.#redacted = context.counter('redacted_values', 'Values that redact replaced.');
  }

  process(batch: Event[], output: ProcessorOutput): void {
    const before = this.#redactor.count;
    retainSound(batch, this.#redact, output);
    const count = this.#redactor.count - before;
    if (count > 0) this.#redacted.add(count);
  }

  readonly #redact = (event: Event): boolean => {
    const fields = this.#fields;
    const redactor = this.#redactor;
    const { title, message } = event;
    const safe = fields.has('message') ? redactor.text(message) : message;
    // A title that is the message's beginning may end amid a secret, which no pattern would know then.
    if (fields.has('title'))
      event.title = title === titleOf(message) && fields.has('message') ? titleOf(safe) : redactor.text(title);
    if (fields.has('metadata')) event.metadata = redactor.record(event.metadata);
    if (fields.has('source')) event.source = redactor.text(event.source);
    if (fields.has('tags')) event.tags = redactor.record(event.tags);
    // Assigned even if it is the same: from now on nobody gets to the line that was received.
    event.message = safe;
    return true;
  };
}

function problemsOf({ kinds, patterns, keys, except, fields, replacement, hash_key }: Options): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const add = (severity: OptionProblem['severity'], message: string, ...path: (string | number)[]) =>
    void problems.push({ severity, message, path });
  if (kinds.length === 0 && keys.length === 0 && Object.keys(patterns).length === 0)
    add('hint', 'nothing is looked for');
  if (replacement?.includes('{hash}') && hash_key === undefined) {
    add('error', '{hash} needs a hash_key: a hash without one is found out by trying all addresses', 'replacement');
  }
  except.forEach((path, index) => {
    const wrong =
      checkFieldPath(path)?.message ??
      (metadataKeys(path) ? undefined : `${path} is no metadata key: leave it out of fields`);
    if (wrong !== undefined) add('error', wrong, 'except', index);
  });
  if (fields.includes('title') !== fields.includes('message')) {
    add('hint', 'title and message mostly say the same: what is left in one is out of the other for nothing', 'fields');
  }
  return problems;
}
