import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { SyslogEvent } from '../../src/lib/syslog/event.ts';
import { Zone } from '../../src/lib/syslog/zone.ts';
import { options, started } from '../receivers/syslog/support.ts';
import { eventually } from '../support/eventually.ts';
import { watchLag } from '../support/loop-lag.ts';
import { troubleIn } from '../support/read-whole.ts';
import { SyslogFuzz } from '../support/syslog-fuzz.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? 1);

test('a million damaged messages are read', () => {
  const fuzz = new SyslogFuzz(SEED);
  const zone = new Zone('UTC');
  const formats = ['auto', 'rfc3164', 'rfc5424'] as const;
  for (let n = 0; n < 1_000_000; n += 1) {
    const bytes = fuzz.next();
    const settings = { format: formats[n % 3]!, zone };
    const event = new SyslogEvent(bytes, 0, bytes.length, { receivedAt: 0, remote: undefined, settings });
    const trouble = troubleIn(event);
    if (trouble !== undefined) expect.fail(`${trouble} in ${JSON.stringify(bytes.toString('latin1'))}`);
  }
});

test('six hundred thousand over TCP and a hundred and twenty thousand over UDP arrive once each', async () => {
  const { sink, port, context } = await started(
    options(['tcp://127.0.0.1:0', 'udp://127.0.0.1:0'], { receive_buffer: 1 << 22 }),
  );
  let arrived = 0;
  const check = async (sent: number): Promise<void> => {
    await eventually(() => arrived + sink.events.length === sent, 'all arrived');
    for (const event of sink.events.splice(0)) {
      arrived += 1;
      const trouble = troubleIn(event);
      if (trouble !== undefined) expect.fail(trouble);
    }
  };
  const fuzz = new SyslogFuzz(SEED + 1);
  const stream = connect(port(0), '127.0.0.1');
  await once(stream, 'connect');
  const datagrams = createSocket('udp4');
  onTestFinished(() => {
    stream.destroy();
    datagrams.close();
  });
  onTestFinished(watchLag('syslog, its senders in the same process'));
  let sent = 0;
  for (let round = 0; round < 1_200; round += 1) {
    const messages = Array.from({ length: 500 }, () => Buffer.concat([Buffer.from('<'), fuzz.next()]));
    const bytes = Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `), message]));
    await new Promise((resolve) => stream.write(bytes, resolve));
    for (let n = 0; n < 100; n += 1) {
      await new Promise((resolve) => datagrams.send(fuzz.next(), port(1), '127.0.0.1', resolve));
    }
    sent += 600;
    await check(sent);
  }
  expect(context.counts['framing_errors']).toBe(0);
});
