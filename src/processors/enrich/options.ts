/** The options of enrich, and what their schema cannot say of them. */
import type { OptionProblem } from '../../component/component.ts';
import { LEVELS } from '../../component/event.ts';
import type { ConfigOf } from '../../component/schema.ts';
import { OWN_FIELDS } from '../../lib/field-path.ts';
import { checkWritablePath, objectionToValue } from '../../lib/field-write.ts';
import { hasTemplate, problemsWith } from './value-template.ts';

export const schema = {
  type: 'object',
  additionalProperties: false,
  required: [],
  properties: {
    rename: {
      type: 'object',
      additionalProperties: { type: 'string', format: 'field' },
      description:
        'Metadata keys and their new places, done first: the new place can also be a field of the event, such as source.',
      examples: [{ hostname: 'source', 'metadata.http.code': 'status' }],
    },
    set: {
      type: 'object',
      additionalProperties: { type: ['string', 'number', 'boolean', 'null', 'array', 'object'] },
      description:
        'Paths and their values, which are whatever YAML, or {{ template }}s. A bare name is a metadata key; the fields of the event go by their names. A text that is only {{ path }} copies the value as it is.',
      examples: [{ site: 'fra1', title: '{{ source }}: {{ title }}' }],
    },
    host: {
      type: 'boolean',
      default: false,
      description: 'Writes this machine’s name, addresses and operating system to metadata.host.',
    },
    lookup: {
      type: 'array',
      orOne: true,
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['file', 'key'],
        properties: {
          file: {
            type: 'string',
            format: 'path',
            minLength: 1,
            description: 'The table: .json, .yaml, or CSV with a line of headings. Read again when it changes.',
          },
          key: { type: 'string', format: 'field', description: 'The field of the event whose value is looked up.' },
          key_column: {
            type: 'string',
            minLength: 1,
            description: 'The column it is looked up in; the first unless said.',
          },
          columns: {
            type: 'array',
            items: { type: 'string', minLength: 1 },
            minItems: 1,
            orOne: true,
            description: 'Which columns are taken; all but the key’s unless said.',
          },
          target: {
            type: 'string',
            format: 'field',
            description: 'The metadata key that gets them as one object; else each is a metadata key.',
          },
        },
      },
      description:
        'Tables that say more of a field’s value, such as a host’s owner. What a table does not have leaves the event alone.',
      examples: [{ file: '/etc/lnmt-collector/hosts.csv', key: 'metadata.hostname', target: 'metadata.asset' }],
    },
    level: {
      type: 'array',
      orOne: true,
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['value'],
        properties: {
          when: {
            type: 'string',
            format: 'expression',
            description: 'The condition; a rule without one always applies.',
          },
          value: { type: 'string', enum: LEVELS, description: 'The level of events that meet it.' },
        },
      },
      description: 'Rules for the level; the first whose `when` is true applies. They see what `set` wrote.',
      examples: [[{ when: 'message.contains("out of memory")', value: 'critical' }]],
    },
    event_type: {
      type: 'array',
      orOne: true,
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['value'],
        properties: {
          when: {
            type: 'string',
            format: 'expression',
            description: 'The condition; a rule without one always applies.',
          },
          value: {
            type: 'string',
            pattern: '^[a-z][a-z0-9_]*$',
            maxLength: 64,
            description: 'The event type of events that meet it.',
          },
        },
      },
      description:
        'Rules for the event type; the first whose `when` is true applies. They see the level that its rules gave.',
      examples: [[{ when: 'source == "sshd"', value: 'security_event' }]],
    },
    tags: {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: 256 },
      orOne: true,
      description: 'Tags that are added, each once.',
      examples: [['production']],
    },
    remove: {
      type: 'array',
      items: { type: 'string', format: 'field' },
      orOne: true,
      description: 'Metadata keys, or tags, that are taken away, last of all.',
      examples: [['metadata.raw']],
    },
  },
} as const;

export type Options = ConfigOf<typeof schema>;

export function problemsOf(options: Options): OptionProblem[] {
  const { set = {}, rename = {}, remove = [], lookup = [] } = options;
  return [
    ...Object.entries(set).flatMap(([path, value]) => problemsOfSet(path, value)),
    ...Object.entries(rename).flatMap(([from, to]) => [
      ...problem(checkWritablePath(from)?.message ?? objectionToRemoving(from), ['rename', from]),
      ...problem(checkWritablePath(to)?.message ?? (from === to ? 'the new place is the old one' : undefined), [
        'rename',
        from,
      ]),
    ]),
    ...lookup.flatMap(({ target }, index) => problem(objectionToTarget(target), ['lookup', index, 'target'])),
    ...remove.flatMap((path, index) => problem(objectionToRemoving(path), ['remove', index])),
    ...hints(options),
  ];
}

function problemsOfSet(path: string, value: unknown): OptionProblem[] {
  const at = ['set', path];
  const wrongPath = checkWritablePath(path)?.message;
  if (wrongPath !== undefined) return problem(wrongPath, at);
  if (!hasTemplate(value)) return [...problem(objectionToValue(path, value), at), ...hintAtBraces(value, at)];
  return problemsWith(value, at).map((found) => ({ severity: 'error', ...found }));
}

/** `{title}` works in messages; here it would stay as it is written. */
function hintAtBraces(value: unknown, path: readonly string[]): OptionProblem[] {
  const name = typeof value === 'string' ? /(?<!\{)\{(\w+|metadata\.[\w.]+)\}(?!\})/.exec(value)?.[1] : undefined;
  if (name === undefined || !(OWN_FIELDS.has(name) || name.startsWith('metadata.'))) return [];
  return [
    { severity: 'hint', message: `{${name}} stays as it is written here; for its value, write {{ ${name} }}`, path },
  ];
}

function objectionToTarget(target: string | undefined): string | undefined {
  if (target === undefined) return undefined;
  return OWN_FIELDS.has(target)
    ? `${target} cannot hold several columns: name a metadata key`
    : checkWritablePath(target)?.message;
}

function objectionToRemoving(path: string): string | undefined {
  if (!OWN_FIELDS.has(path) || path === 'tags') return undefined;
  return `every event has ${path}: it can be set, not taken away`;
}

function problem(message: string | undefined, path: readonly (string | number)[]): OptionProblem[] {
  return message === undefined ? [] : [{ severity: 'error', message, path }];
}

function hints(options: Options): OptionProblem[] {
  const { host, ...others } = options;
  if (host || Object.values(others).some((value) => value !== undefined)) return [];
  return [{ severity: 'hint', message: 'this enrich changes nothing: it has no options', path: [] }];
}
