import { onTestFinished } from 'vitest';
import http from '../../../src/receivers/http/http.ts';
import type { HttpOptions, HttpReceiver } from '../../../src/receivers/http/http-receiver.ts';
import { FakeSink, fakeContext } from '../../support/fakes.ts';

export const DEFAULTS: HttpOptions = {
  listen: ['http://127.0.0.1:0'],
  max_body: 1_024 * 1_024,
  max_in_flight: 4 * 1_024 * 1_024,
  max_connections: 100,
  request_timeout: 30_000,
};

/** Options of `auth` that have defaults. */
export const SIGNATURE = { header: 'X-Hub-Signature-256', algorithm: 'sha256' } as const;

const JSON_TYPE = { 'content-type': 'application/json' };

/** A receiver at work, stopped after the test. `post` sends to `path` and reads the JSON that comes back. */
export async function started(options: Partial<HttpOptions> = {}, sink = new FakeSink()) {
  const context = fakeContext('http');
  const receiver = http.create({ ...DEFAULTS, ...options }, context, sink) as HttpReceiver;
  await receiver.start(new AbortController().signal);
  const url = receiver.addresses()[0] ?? '';
  onTestFinished(async () => {
    const stopped = receiver.stop();
    context.clock.advance(60_000);
    await stopped;
  });
  const post = async (body: string | Buffer, headers: Record<string, string> = {}, path = '/v1/events') => {
    const response = await fetch(url + path, {
      method: 'POST',
      body: Buffer.from(body),
      headers: { ...JSON_TYPE, ...headers },
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  };
  return { receiver, context, sink, url, post };
}
