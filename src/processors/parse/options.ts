/** The options of parse, and what their schema cannot say of them. */
import type { OptionProblem } from '../../component/component.ts';
import type { ConfigOf } from '../../component/schema.ts';
import { checkWritablePath } from '../../lib/field-write.ts';
import { OWN_FIELDS } from '../../lib/field-path.ts';
import { isZone } from '../../lib/syslog/zone.ts';
import { groupsOf } from './regex.ts';

const FORMATS = [
  'json',
  'logfmt',
  'key_value',
  'regex',
  'cef',
  'leef',
  'apache_access',
  'apache_error',
  'nginx_access',
  'nginx_error',
] as const;

const keys = {
  type: 'array',
  items: { type: 'string', minLength: 1, maxLength: 256 },
  minItems: 1,
  orOne: true,
} as const;

export const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['format'],
  properties: {
    format: {
      type: 'string',
      enum: FORMATS,
      description:
        'What the text is: json (an object), logfmt, key_value (with separators of your own), regex (with named groups), cef or leef (security devices), or a line of a web server’s log.',
    },
    field: {
      type: 'string',
      format: 'field',
      default: 'message',
      description: 'Where the text is. Events that have none there, or no text, are left alone.',
      examples: ['metadata.payload'],
    },
    target: {
      type: 'string',
      format: 'field',
      description:
        'The metadata key that gets what was parsed, as one object. Without it every parsed key is a metadata key, in place of one that was there.',
      examples: ['metadata.request'],
    },
    when: {
      type: 'string',
      format: 'expression',
      description: 'Only events for which this is true are parsed.',
      examples: ['source == "nginx"'],
    },
    pattern: {
      type: 'string',
      format: 'regex',
      description: 'For regex: the pattern, found anywhere in the text. Each named group, `(?P<name>…)`, is a key.',
      examples: ['^(?P<user>\\w+) logged in from (?P<client>\\S+)'],
    },
    pair_separator: {
      type: 'string',
      minLength: 1,
      maxLength: 16,
      default: ' ',
      description: 'For key_value: what is between pairs. A blank is any white space.',
      examples: [', '],
    },
    key_separator: {
      type: 'string',
      minLength: 1,
      maxLength: 16,
      default: '=',
      description: 'For key_value: what is between a key and its value.',
      examples: [': '],
    },
    numbers: {
      type: 'boolean',
      default: true,
      description:
        'Whether values that are written as numbers become numbers, as in metadata.status >= 500. json has its own.',
    },
    promote: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description:
        'Parsed keys that become fields of the event; of several, the first that is there. A promoted key is no metadata key. The ready-made formats set the fields they know by themselves; this goes before that.',
      properties: {
        level: {
          ...keys,
          description: 'The level: warn, ERROR, a syslog severity, a Pino level.',
          examples: [['level', 'severity']],
        },
        timestamp: { ...keys, description: 'The time: RFC 3339, or a Unix time in any unit.', examples: ['ts'] },
        title: { ...keys, description: 'The title.', examples: ['summary'] },
        message: {
          ...keys,
          description: 'The message. The title becomes its first line, unless it was another than the old message’s.',
          examples: [['msg', 'message']],
        },
        source: { ...keys, description: 'The source.', examples: ['service.name'] },
        event_type: { ...keys, description: 'The event type, one lower-case word.', examples: ['type'] },
      },
    },
    timezone: {
      type: 'string',
      description: 'For times without an offset, such as those of error logs: an IANA name. Default: the process’s.',
      examples: ['Europe/Berlin'],
    },
    on_error: {
      type: 'string',
      enum: ['keep', 'drop'],
      default: 'keep',
      description:
        'What becomes of an event that cannot be parsed: keep leaves it as it is, with the reason in metadata.parse_error; drop drops it. Both are counted.',
    },
    max_keys: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 256,
      description: 'Keys that one event can get; how many were left out is then in metadata.keys_left_out.',
    },
  },
} as const;

export type Options = ConfigOf<typeof schema>;

export function problemsOf({ format, pattern, target, timezone, ...rest }: Options): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const error = (message: string, ...path: string[]) => void problems.push({ severity: 'error', message, path });
  const hint = (message: string, ...path: string[]) => void problems.push({ severity: 'hint', message, path });
  if (format === 'regex' && pattern === undefined) error('format: regex needs a pattern with named groups');
  if (format !== 'regex' && pattern !== undefined)
    hint('only format: regex has a pattern; this one is not used', 'pattern');
  if (format === 'regex' && pattern !== undefined && groupsOf(pattern).length === 0) {
    error('the pattern names nothing to keep: write (?P<name>…) around what should become a key', 'pattern');
  }
  if (format !== 'key_value') {
    if (rest.pair_separator !== ' ') hint('only format: key_value has separators of your own', 'pair_separator');
    if (rest.key_separator !== '=') hint('only format: key_value has separators of your own', 'key_separator');
  }
  if (target !== undefined) {
    const wrong = OWN_FIELDS.has(target)
      ? `${target} cannot hold several keys: name a metadata key, or leave target out and use promote`
      : checkWritablePath(target)?.message;
    if (wrong !== undefined) error(wrong, 'target');
  }
  if (timezone !== undefined && !isZone(timezone))
    error(`${timezone} is no time zone: write a name such as Europe/Berlin`, 'timezone');
  return problems;
}
