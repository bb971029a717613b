/** Shared vectors from other syslog implementations, where they are beside the project. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SyslogEvent } from '../../../src/lib/syslog/event.ts';
import type { SyslogFormat } from '../../../src/lib/syslog/header.ts';
import { FACILITIES, SEVERITIES } from '../../../src/lib/syslog/names.ts';
import { Zone } from '../../../src/lib/syslog/zone.ts';

interface Expected {
  priority?: number;
  timestamp?: string | null;
  message?: string;
  message_base64?: string;
  structured_data?: Record<string, unknown> | null;
  priority_defaulted?: boolean;
  error?: boolean;
  tag?: string;
  [field: string]: unknown;
}

interface Vector {
  id: string;
  protocol: string;
  status: string;
  input: string;
  input_base64?: string;
  ambiguous?: boolean;
  expected: Expected;
}

const DIRECTORY = new URL('../../../../shared/conformance/', import.meta.url);
const NOW = Date.UTC(2026, 0, 15, 12);
const zone = new Zone('UTC');

function read(file: string): Vector[] {
  const path = new URL(file, DIRECTORY);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector);
}

/** What differs from the expectation; empty if nothing does. */
function differences({ input, input_base64, expected }: Vector, format: SyslogFormat): string[] {
  const bytes = input_base64 === undefined ? Buffer.from(input) : Buffer.from(input_base64, 'base64');
  const event = new SyslogEvent(bytes, 0, bytes.length, {
    receivedAt: NOW,
    remote: undefined,
    settings: { format, zone },
  });
  const { metadata } = event;
  const wrong: string[] = [];
  const same = (what: string, actual: unknown, wanted: unknown): void => {
    if (JSON.stringify(actual) !== JSON.stringify(wanted)) {
      wrong.push(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`);
    }
  };
  if (expected.error || expected.tag) {
    if (metadata['parse_error'] === undefined) wrong.push('not flagged');
    return wrong;
  }
  for (const [key, wanted] of Object.entries(expected)) {
    switch (key) {
      case 'priority':
        same(
          key,
          FACILITIES.indexOf(metadata['facility'] as never) * 8 + SEVERITIES.indexOf(metadata['severity'] as never),
          wanted,
        );
        break;
      case 'hostname':
      case 'appname':
      case 'procid':
      case 'msgid':
      case 'sequence_id':
        same(key, metadata[key] ?? null, wanted);
        break;
      case 'structured_data':
        same(key, metadata[key] ?? {}, wanted ?? {});
        break;
      case 'message':
        same(key, event.message, wanted);
        break;
      case 'message_base64':
        same(key, event.message, Buffer.from(String(wanted), 'base64').toString());
        break;
      case 'priority_defaulted':
        same(key, metadata[key] ?? false, wanted);
        break;
      case 'timestamp':
        same(
          key,
          new Date(event.timestamp).toISOString(),
          wanted === null ? new Date(NOW).toISOString() : time(String(wanted), event),
        );
        break;
    }
  }
  return wrong;
}

function time(text: string, event: SyslogEvent): string {
  const year = new Date(event.timestamp).getUTCFullYear();
  const full = text.replace('XXXX', String(year)).replace(/(\.\d{3})\d+/, '$1');
  return new Date(/(Z|[+-]\d\d:\d\d)$/.test(full) ? full : `${full}Z`).toISOString();
}

function failures(vectors: readonly Vector[], format?: SyslogFormat): string[] {
  return vectors.flatMap((vector) => {
    const wrong = differences(vector, format ?? (vector.protocol as SyslogFormat));
    return wrong.length === 0
      ? []
      : [`${vector.id} ${JSON.stringify(vector.input ?? '').slice(0, 120)}: ${wrong.join('; ')}`];
  });
}

const vectors = read('syslog-public.jsonl');

describe.skipIf(vectors.length === 0)('shared syslog vectors', () => {
  test('all agreed, single and no-crash ones are read as expected', () => {
    expect(failures(vectors.filter(({ status }) => /^(agreed|single|no-crash)$/.test(status)))).toEqual([]);
  });

  test('of the disputed ones all but a few follow the recommended choice', () => {
    const wrong = failures(vectors.filter(({ status }) => status === 'disputed'));
    expect(wrong.map((line) => line.split(' ')[0])).toEqual(EXCEPTIONS);
  });

  test('detection comes to the same results as being told the format', () => {
    const strict = vectors.filter(({ status }) => /^(agreed|single|no-crash|disputed)$/.test(status));
    const wrong = failures(strict, 'auto').map((line) => line.split(' ')[0]!);
    expect(wrong.filter((id) => !AMBIGUOUS.has(id))).toEqual(EXCEPTIONS);
  });
});

/** Wants one of two spaces kept after the host name, where agreed vectors want both gone. */
const EXCEPTIONS = ['rsyslog-056'];

/** Damaged RFC 5424 that is RFC 3164 without a time stamp: what should be the version is a word. */
const AMBIGUOUS = new Set(['gosyslog-025', 'gosyslog-026']);

describe.skipIf(!existsSync(new URL('loghub/', DIRECTORY)))('shared log files', () => {
  test.each(['Linux', 'Mac'])('%s lines are read as expected', (system) => {
    expect(
      failures(
        read(`loghub/${system}_expected.jsonl`).filter(({ ambiguous }) => !ambiguous),
        'rfc3164',
      ),
    ).toEqual([]);
  });
});
