import { createSocket } from 'node:dgram';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SyslogEvent } from '../../../src/lib/syslog/event.ts';
import { Zone } from '../../../src/lib/syslog/zone.ts';
import { eventually } from '../../support/eventually.ts';
import { troubleIn } from '../../support/read-whole.ts';
import { SyslogFuzz } from '../../support/syslog-fuzz.ts';
import { connected, options, started } from './support.ts';

const SEED = 20_260_115;

describe('damaged messages', () => {
  test('over UDP are an event each', async () => {
    const { sink, port } = await started(options('udp://127.0.0.1:0', { receive_buffer: 1 << 20 }));
    const fuzz = new SyslogFuzz(SEED);
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    for (let sent = 0; sent < 2_000;) {
      for (let n = 0; n < 100; n += 1) {
        await new Promise((resolve) => socket.send(fuzz.next(), port(), '127.0.0.1', resolve));
      }
      sent += 100;
      await eventually(() => sink.events.length === sent, 'they arrived');
    }
    expect(sink.events.map(troubleIn).filter((trouble) => trouble !== undefined)).toEqual([]);
  });

  test('over TCP, counted, are an event each, however they are chunked', async () => {
    const { sink, port, context } = await started(options('tcp://127.0.0.1:0'));
    const fuzz = new SyslogFuzz(SEED + 1);
    const socket = await connected(port());
    const messages = Array.from({ length: 2_000 }, () => Buffer.concat([Buffer.from('<'), fuzz.next()]));
    const stream = Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `), message]));
    for (let at = 0; at < stream.length;) {
      const to = at + 1 + fuzz.below(3_000);
      await new Promise((resolve) => socket.write(stream.subarray(at, to), resolve));
      at = to;
    }
    await eventually(() => sink.events.length === messages.length, 'all arrived');
    expect(sink.events.map(troubleIn).filter((trouble) => trouble !== undefined)).toEqual([]);
    expect(context.counts['framing_errors']).toBe(0);
  });

  test('over TCP, as bytes that mean nothing, end no other connection', async () => {
    const { sink, port } = await started(options('tcp://127.0.0.1:0'));
    const fuzz = new SyslogFuzz(SEED + 2);
    const other = await connected(port());
    for (let n = 0; n < 200; n += 1) {
      const socket = await connected(port());
      socket.end(Buffer.concat(Array.from({ length: 5 }, () => fuzz.next())));
    }
    other.end('<13>still here\n');
    await eventually(() => sink.events.some(({ message }) => message === 'still here'), 'it arrived');
    expect(sink.events.map(troubleIn).filter((trouble) => trouble !== undefined)).toEqual([]);
  });
});

/** 64 KB of one byte: what takes more than linear time would take minutes. */
test.each([
  '',
  '<13>',
  '<13>1 ',
  '<13>Oct 11 22:14:15 ',
  '<13>1 - - - - - [',
  '<13>1 - - - - - [a b="',
  '<13>CEF:0|a|b|c|d|e|f|',
  '<13>LEEF:1.0|a|b|c|d|',
  '<13>@cee:',
])('64 KB of each byte after %j are read', (prefix) => {
  const settings = { format: 'auto', zone: new Zone('UTC') } as const;
  for (let byte = 0; byte < 256; byte += 1) {
    const bytes = Buffer.concat([Buffer.from(prefix), Buffer.alloc(65_536, byte)]);
    const event = new SyslogEvent(bytes, 0, bytes.length, { receivedAt: 0, remote: undefined, settings });
    expect(troubleIn(event)).toBeUndefined();
  }
});
