import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { containerLinesOf } from '../../../src/receivers/file/container-lines.ts';
import { containerOf } from '../../../src/receivers/file/container-path.ts';
import { decodeLines } from '../../../src/receivers/file/decode.ts';
import type { LineOptions } from '../../../src/receivers/file/lines.ts';

const OPTIONS: LineOptions = { encoding: 'utf-8', maxBytes: 1_000, startsRecord: undefined };

const RECORDS: LineOptions = { ...OPTIONS, startsRecord: (line) => !/^\s/.test(line) };

/** Reads `bytes` as a file that grows chunk by chunk, the way a tail does. */
function readIn(bytes: Buffer, chunks: readonly number[], options: LineOptions): string[] {
  const found: string[] = [];
  let offset = 0;
  let skipping = false;
  let size = 0;
  const read = (flush: boolean): void => {
    const lines = containerLinesOf(bytes, offset, size, skipping, flush, options);
    for (let at = 0; at < lines.spans.length; at += 2) {
      const stream = lines.origins?.[at / 2]?.stream ?? 'none';
      found.push(`${stream}: ${lines.bytes.toString('utf8', lines.spans[at], lines.spans[at + 1])}`);
    }
    offset = lines.end;
    skipping = lines.skipping;
  };
  for (const chunk of chunks) {
    size = Math.min(bytes.length, size + chunk);
    read(false);
  }
  size = bytes.length;
  read(false);
  read(true);
  return found;
}

const STAMP = '2026-01-31T12:00:00.123456789Z';
const cri = (...lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${STAMP} ${line}\n`).join(''));
const docker = (...lines: readonly (readonly [string, string])[]): Buffer =>
  Buffer.from(lines.map(([stream, log]) => `${JSON.stringify({ log, stream, time: STAMP })}\n`).join(''));

describe('lines of a container runtime', () => {
  test('in CRI form are what the container wrote', () => {
    expect(readIn(cri('stdout F one', 'stderr F two  ', 'stdout F ', 'stdout F {"a":1}'), [], OPTIONS)).toEqual([
      'stdout: one',
      'stderr: two  ',
      'stdout: {"a":1}',
    ]);
  });

  test('that were cut are one again, stream by stream', () => {
    const bytes = cri('stdout P He', 'stderr P Oh', 'stdout P:1 ll', 'stderr F !', 'stdout F o', 'stdout F next');
    expect(readIn(bytes, [], OPTIONS)).toEqual(['stderr: Oh!', 'stdout: Hello', 'stdout: next']);
    const json = docker(['stdout', 'He'], ['stderr', 'Oh!\n'], ['stdout', 'llo ä\n'], ['stdout', 'next\r\n']);
    expect(readIn(json, [], OPTIONS)).toEqual(['stderr: Oh!', 'stdout: Hello ä', 'stdout: next']);
  });

  test('make records of several lines, which the other stream ends', () => {
    const bytes = cri(
      'stdout F Error',
      'stdout P   at',
      'stdout F  a',
      'stdout F   at b',
      'stderr F other',
      'stdout F next',
    );
    expect(readIn(bytes, [], RECORDS)).toEqual(['stdout: Error\n  at a\n  at b', 'stderr: other', 'stdout: next']);
  });

  test('are the same however the file grows', () => {
    const line = fc.tuple(
      fc.constantFrom('stdout', 'stderr'),
      fc.constantFrom('P', 'F', 'F'),
      fc.constantFrom('one', ' two', 'ä', '', ' '),
    );
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 12 }),
        fc.array(fc.nat({ max: 80 })),
        fc.boolean(),
        (lines, chunks, records) => {
          const bytes = cri(...lines.map(([stream, tag, text]) => `${stream} ${tag} ${text}`));
          const options = records ? RECORDS : OPTIONS;
          expect(readIn(bytes, chunks, options)).toEqual(readIn(bytes, [], options));
        },
      ),
    );
  });

  test('that never end are taken as they are, and nothing of them is lost', () => {
    const bytes = cri(...Array.from({ length: 100 }, (_, index) => `stdout P ${String(index).padStart(50, '.')}`));
    const found = readIn(bytes, [2_000, 2_000, 2_000], OPTIONS);
    expect(found.length).toBeGreaterThan(1);
    expect(found.join('')).toContain('.99');
  });

  test('may be mixed with others, which stay as they are', () => {
    const bytes = Buffer.concat([
      cri('stdout F one'),
      Buffer.from('{"log": 7}\nno runtime wrote this\n\xff\n'),
      cri('stdout F two'),
    ]);
    expect(readIn(bytes, [], OPTIONS)).toEqual([
      'stdout: one',
      ': {"log": 7}',
      ': no runtime wrote this',
      expect.stringMatching(/^: /),
      'stdout: two',
    ]);
  });

  test.each([
    'one\ntwo\n',
    '{"log":"x"}\n',
    '2026-01-31T12:00:00Z host app: text\n',
    '{"level":"info","msg":"stream"}\n',
  ])('are not seen where there are none: %j', (text) => {
    expect(containerLinesOf(Buffer.from(text), 0, text.length, false, false, OPTIONS).origins).toBeUndefined();
  });
});

describe('an event', () => {
  const ID = 'a'.repeat(64);

  test('has the container’s text and time, and says which container it is', () => {
    const path = `/var/log/containers/web-7d9c_shop_nginx-${ID}.log`;
    const { events, format } = decodeLines(cri('stderr F upstream timed out'), path, 'auto', OPTIONS, 0);
    expect(format).toContain('a container');
    expect({ ...fieldsOf(events[0]!) }).toEqual({
      source: 'nginx',
      message: 'upstream timed out',
      timestamp: Date.UTC(2026, 0, 31, 12, 0, 0, 123),
      metadata: {
        file: path,
        stream: 'stderr',
        kubernetes: { namespace: 'shop', pod: 'web-7d9c', container: 'nginx', container_id: ID },
      },
    });
  });

  test('of JSON that the container wrote has its own fields', () => {
    const bytes = docker(['stdout', '{"level":"error","msg":"no","time":"2026-01-01T00:00:00Z","stream":"mine"}\n']);
    const path = `/var/lib/docker/containers/${ID}/${ID}-json.log`;
    const { events } = decodeLines(bytes, path, 'auto', OPTIONS, 0);
    expect(events[0]).toMatchObject({
      level: 'error',
      message: 'no',
      timestamp: Date.UTC(2026, 0, 1),
      source: 'aaaaaaaaaaaa',
    });
    expect(events[0]?.metadata).toEqual({ file: path, stream: 'mine', docker: { container_id: ID } });
  });

  const fieldsOf = ({ source, message, timestamp, metadata }: ReturnType<typeof decodeLines>['events'][number]) => ({
    source,
    message,
    timestamp,
    metadata,
  });
});

test.each([
  [
    '/var/log/pods/shop_web-7d9c_0a1b2c3d-0000-1111-2222-333344445555/nginx/3.log',
    { pod: 'web-7d9c', restart_count: 3 },
  ],
  [
    '/var/log/pods/shop_web-7d9c_0a1b2c3d-0000-1111-2222-333344445555/nginx/3.log.20260131-120000',
    { container: 'nginx' },
  ],
  ['/var/log/nginx/access.log', undefined],
])('%s is the log of %j', (path, details) => {
  const found = containerOf(path)?.details;
  if (details) expect(found).toMatchObject(details);
  else expect(found).toBeUndefined();
});
