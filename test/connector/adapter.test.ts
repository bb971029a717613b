import { expect, test } from 'vitest';
import { exporterOf } from '../../src/connector/adapter.ts';
import { event, fakeContext } from '../support/fakes.ts';

test('calls that never end are not made without limit; once they end, it goes on', async () => {
  const ends: (() => void)[] = [];
  const connector = { sendEvent: () => new Promise<void>((resolve) => ends.push(resolve)) };
  const exporter = exporterOf(connector, fakeContext());
  const giveUp = async () => {
    const stop = new AbortController();
    const sent = exporter.send(event(), stop.signal);
    stop.abort(new Error('timeout'));
    return sent;
  };
  for (let count = 0; count < 64; count += 1) await expect(giveUp()).rejects.toThrow('timeout');
  const { signal } = new AbortController();
  const waits = event();
  for (let count = 0; count < 10; count += 1) {
    expect(await exporter.send(waits, signal)).toEqual({ kind: 'later', reason: '64 calls of sendEvent do not end' });
  }
  expect(ends).toHaveLength(64);
  for (const end of ends.splice(0)) end();
  await new Promise(setImmediate);
  const sent = exporter.send(waits, signal);
  ends[0]!();
  expect(await sent).toEqual({ kind: 'sent' });
});
