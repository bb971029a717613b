/**
 * parse: reads what is inside a text, such as the message, into metadata keys.
 *
 * Why was my line not parsed? `metadata.parse_error` of the event says why, and `explain` shows it;
 * `lnmt_collector_processor_parse_errors_total` says how many. Whatever the text, reading it takes time
 * linear in its length, and no more than `max_keys` keys come of it.
 */
import { retainSound } from '../component/batch.ts';
import {
  defineProcessor,
  type Context,
  type Counter,
  type Processor,
  type ProcessorOutput,
} from '../component/component.ts';
import { ConfigError } from '../component/errors.ts';
import { newMetadata, type Event, type Metadata } from '../component/event.ts';
import { compileCondition } from '../expression/expression.ts';
import { fieldReader, type FieldReader } from '../lib/field-path.ts';
import { fieldWriter, type FieldWriter } from '../lib/field-write.ts';
import { Zone } from '../lib/syslog/zone.ts';
import { parseAccessLog } from './parse/access-log.ts';
import { apacheErrorParser, nginxErrorParser } from './parse/error-log.ts';
import { parseJson } from './parse/json.ts';
import { problemsOf, schema, type Options } from './parse/options.ts';
import { pairsParser } from './parse/pairs.ts';
import type { Parsed, Parser } from './parse/parsed.ts';
import { Promotions } from './parse/promote.ts';
import { regexParser } from './parse/regex.ts';
import { cefParser, leefParser } from './parse/security.ts';

export default defineProcessor({
  type: 'parse',
  stability: 'beta',
  summary: 'Reads JSON, logfmt, key=value, CEF, LEEF, web server logs or a pattern of your own into metadata.',
  schema,
  example: { format: 'json', promote: { level: 'level', message: 'msg' }, when: 'source == "app"' },
  samples: [
    {
      options: { format: 'json', promote: { level: 'level', message: 'msg' } },
      before: { level: 'info', message: '{"level":"warn","msg":"disk nearly full","disk":"/var","used":0.93}' },
      after: { level: 'warning', message: 'disk nearly full', metadata: { disk: '/var', used: 0.93 } },
    },
    {
      options: { format: 'nginx_access' },
      before: { level: 'info', message: '192.0.2.7 - - [15/Jan/2026:12:00:00 +0000] "GET /pay HTTP/1.1" 502 157' },
      after: {
        timestamp: '2026-01-15T12:00:00.000Z',
        level: 'error',
        title: 'GET /pay 502',
        message: '192.0.2.7 - - [15/Jan/2026:12:00:00 +0000] "GET /pay HTTP/1.1" 502 157',
        metadata: { client: '192.0.2.7', method: 'GET', path: '/pay', protocol: 'HTTP/1.1', status: 502, bytes: 157 },
      },
    },
  ],
  mutates: true,
  check: problemsOf,
  create: (options, context) => new Parse(options, context),
});

class Parse implements Processor {
  readonly #read: FieldReader;
  readonly #parser: Parser;
  readonly #applies: ((event: Event) => boolean) | undefined;
  readonly #promotions: Promotions;
  readonly #target: FieldWriter | undefined;
  readonly #drops: boolean;
  readonly #maxKeys: number;
  readonly #errors: Counter;

  constructor(options: Options, context: Context) {
    const wrong = problemsOf(options).find(({ severity }) => severity === 'error');
    if (wrong) throw new ConfigError(wrong.message, { path: wrong.path });
    this.#read = fieldReader(options.field);
    this.#parser = parserOf(options);
    this.#applies = options.when === undefined ? undefined : compileCondition(options.when, ['when']);
    this.#promotions = new Promotions(options.promote);
    this.#target = options.target === undefined ? undefined : fieldWriter(options.target);
    this.#drops = options.on_error === 'drop';
    this.#maxKeys = options.max_keys;
    this.#errors = context.counter('parse_errors', 'Events that parse could not read.');
  }

  process(batch: Event[], output: ProcessorOutput): void {
    let unparsed = 0;
    const passes = (event: Event): boolean => {
      const problem = this.#parse(event);
      if (problem === undefined) return true;
      unparsed += 1;
      if (this.#drops) return false;
      flag(event.metadata, problem);
      return true;
    };
    const dropped = retainSound(batch, passes, output);
    if (unparsed > 0) this.#errors.add(unparsed);
    if (dropped > 0) output.dropped('filtered', dropped);
  }

  objection(event: Event): string | undefined {
    if (!this.#drops || this.#applies?.(event) === false) return undefined;
    const text = this.#read(event);
    const parsed = typeof text === 'string' ? this.#parser(text) : undefined;
    return typeof parsed === 'string' ? `it could not be parsed: ${parsed}` : undefined;
  }

  /** Why not, if so; the event is then as it was. */
  #parse(event: Event): string | undefined {
    if (this.#applies && !this.#applies(event)) return undefined;
    const text = this.#read(event);
    if (typeof text !== 'string') return undefined;
    const parsed = this.#parser(text);
    if (typeof parsed === 'string') return parsed;
    this.#promotions.apply(event, parsed);
    if (this.#target) {
      const fields = newMetadata();
      this.#take(event, parsed, fields);
      this.#target(event, fields);
    } else {
      this.#take(event, parsed, event.metadata);
    }
    return undefined;
  }

  #take(event: Event, { fields }: Parsed, into: Metadata): void {
    const { taken } = this.#promotions;
    let room = this.#maxKeys;
    let leftOut = 0;
    for (const key in fields) {
      if (taken.length > 0 && taken.includes(key)) continue;
      if (room > 0) {
        room -= 1;
        into[key] = fields[key];
      } else leftOut += 1;
    }
    if (leftOut > 0) event.metadata['keys_left_out'] = leftOut;
  }
}

/** A receiver may have had its own trouble with the event. */
function flag(metadata: Metadata, problem: string): void {
  const before = metadata['parse_error'];
  metadata['parse_error'] = typeof before === 'string' && before !== problem ? `${before}; ${problem}` : problem;
}

function parserOf({ format, pattern, pair_separator, key_separator, numbers, timezone }: Options): Parser {
  const zone = new Zone(timezone);
  switch (format) {
    case 'json':
      return parseJson;
    case 'logfmt':
      return pairsParser(' ', '=', numbers);
    case 'key_value':
      return pairsParser(pair_separator, key_separator, numbers);
    case 'regex':
      return regexParser(pattern ?? '', numbers);
    case 'cef':
      return cefParser(zone, numbers);
    case 'leef':
      return leefParser(zone, numbers);
    case 'apache_access':
    case 'nginx_access':
      return parseAccessLog;
    case 'apache_error':
      return apacheErrorParser(zone);
    case 'nginx_error':
      return nginxErrorParser(zone);
  }
}
