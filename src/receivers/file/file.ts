/**
 * file: reads log files as they are written, through rotation, truncation and restarts.
 *
 * Why does nothing arrive: `start_at: end` (the default) leaves out what was in a file when the
 * collector first saw it; a file that cannot be read is in the log, with what to do.
 */
import { defineReceiver } from '../../component/component.ts';
import { compileRegex, compileTest } from '../../expression/regex.ts';
import { decodeLines } from './decode.ts';
import { FileReceiver } from './file-receiver.ts';
import { Search } from './search.ts';

export default defineReceiver({
  type: 'file',
  stability: 'stable',
  summary: 'Reads log files as they are written, through rotation, truncation and restarts.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['include'],
    properties: {
      include: {
        type: 'array',
        orOne: true,
        minItems: 1,
        items: { type: 'string', format: 'glob', minLength: 1 },
        description:
          'Files to read: paths with *, ?, **, [a-z] and {a,b}; relative ones from the working directory. Of files that gzip has compressed, what was not read before.',
        examples: ['/var/log/nginx/*.log'],
      },
      exclude: {
        type: 'array',
        orOne: true,
        items: { type: 'string', format: 'glob', minLength: 1 },
        default: [],
        description: 'Files to leave out, though included; a pattern without a slash is for names in any folder.',
        examples: ['*.gz'],
      },
      start_at: {
        type: 'string',
        enum: ['end', 'beginning'],
        default: 'end',
        description:
          'Where to begin in files that were there before the collector first looked. Later ones are read whole.',
      },
      multiline: {
        type: 'object',
        additionalProperties: false,
        description:
          'Joins lines that belong together, such as a stack trace: by `start` or by `continuation`. A record that nothing follows ends after flush_after.',
        properties: {
          start: {
            type: 'string',
            format: 'regex',
            minLength: 1,
            description: 'A line that matches begins a record; lines that do not are added to the one before.',
            examples: ['^\\d{4}-\\d\\d-\\d\\d'],
          },
          continuation: {
            type: 'string',
            format: 'regex',
            minLength: 1,
            description: 'A line that matches is added to the one before; lines that do not each begin a record.',
            examples: ['^\\s|^Caused by:'],
          },
        },
      },
      format: {
        type: 'string',
        enum: ['auto', 'json', 'syslog', 'text'],
        default: 'auto',
        description:
          'What the lines are; auto tells by the first characters of each. Lines of container runtimes (CRI, Docker’s json-file) are taken apart before, those cut into several put together again.',
      },
      max_line_size: {
        type: 'number',
        format: 'size',
        default: 1_048_576,
        minimum: 64,
        maximum: 67_108_864,
        description: 'Longest line or record; a longer one is cut there, flagged `truncated`, and the rest skipped.',
      },
      encoding: {
        type: 'string',
        enum: ['utf-8', 'utf-16le', 'utf-16be', 'latin1'],
        default: 'utf-8',
        description: 'How the files are encoded.',
      },
      poll_interval: {
        type: 'number',
        format: 'duration',
        default: 250,
        minimum: 10,
        description: 'How often to look for new lines and files.',
      },
      flush_after: {
        type: 'number',
        format: 'duration',
        default: 5_000,
        minimum: 0,
        description: 'How long an unfinished last line or record waits to be completed. 0: for ever.',
      },
    },
  },
  example: { include: ['/var/log/nginx/*.log'], exclude: ['*.gz'], start_at: 'end' },
  samples: [
    {
      options: { include: '/var/log/shop.log', multiline: { start: String.raw`^\d{4}-` } },
      received: '2026-01-15 12:00:00 ERROR no stock\n  at Cart.take (cart.js:7)\n2026-01-15 12:00:01 INFO ready\n',
      after: [
        {
          source: 'shop.log',
          title: '2026-01-15 12:00:00 ERROR no stock',
          message: '2026-01-15 12:00:00 ERROR no stock\n  at Cart.take (cart.js:7)',
        },
        { source: 'shop.log', message: '2026-01-15 12:00:01 INFO ready' },
      ],
    },
    {
      options: { include: '/var/log/shop.log' },
      received: '{"time":"2026-01-15T12:00:00Z","level":"warn","msg":"low stock","item":42}\n',
      after: {
        timestamp: '2026-01-15T12:00:00.000Z',
        level: 'warning',
        source: 'shop.log',
        message: 'low stock',
        metadata: { item: 42 },
      },
    },
  ],
  check: ({ multiline }) => {
    if (!multiline || (multiline.start === undefined) !== (multiline.continuation === undefined)) return [];
    const message = 'multiline needs one of start and continuation';
    return [{ severity: 'error', message, path: ['multiline'] }];
  },
  create: (config, context, sink) => {
    const options = {
      search: new Search(config.include, config.exclude),
      startAtEnd: config.start_at === 'end',
      format: config.format,
      encoding: config.encoding,
      maxLineBytes: config.max_line_size,
      startsRecord: startOf(config.multiline),
      pollMs: config.poll_interval,
      flushMs: config.flush_after,
    };
    return new FileReceiver(options, context, sink);
  },
  decode({ include, format, encoding, max_line_size: maxBytes, multiline }, { clock }, bytes, origin) {
    const startsRecord = startOf(multiline);
    const path = origin ?? include.find((pattern) => !/[*?[{]/.test(pattern)) ?? include[0]!;
    return decodeLines(bytes, path, format, { encoding, maxBytes, startsRecord }, clock.now());
  },
});

interface Multiline {
  readonly start?: string;
  readonly continuation?: string;
}

/** Whether a line begins a record. A ConfigError for a pattern that cannot be used. */
function startOf(multiline: Multiline | undefined): ((line: string) => boolean) | undefined {
  const { start, continuation } = multiline ?? {};
  if (start !== undefined) {
    compileRegex(start, ['multiline', 'start']);
    const starts = compileTest(start);
    return (line) => starts.inText(line);
  }
  if (continuation === undefined) return undefined;
  compileRegex(continuation, ['multiline', 'continuation']);
  const continues = compileTest(continuation);
  return (line) => !continues.inText(line);
}
