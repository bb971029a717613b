import { Writable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { createLog, type LogOptions } from '../../src/telemetry/log.ts';
import { spawnScript } from '../support/child.ts';
import { FakeClock } from '../support/fakes.ts';

class Output extends Writable {
  text = '';
  isTTY = false;

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.text += chunk.toString();
    done();
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

function setup(options: Partial<LogOptions> = {}) {
  const output = new Output();
  const clock = new FakeClock();
  const settings = { level: 'info', format: 'json', levels: {} } as const;
  const log = createLog({ ...settings, secrets: () => [], clock, stream: output, ...options });
  return { log, output, clock, settings };
}

test('writes JSON lines: time, level, logger, message, fields', async () => {
  const { log, output } = setup();
  log.logger('lnmt.connectors.slack').warn('answered 503', { attempt: 2, error: new TypeError('bad') });
  await log.flush();
  expect(JSON.parse(output.text)).toEqual({
    time: '2026-01-15T12:00:00.000Z',
    level: 'warn',
    logger: 'lnmt.connectors.slack',
    message: 'answered 503',
    attempt: 2,
    error: 'TypeError: bad',
  });
});

test('a field cannot pass itself off as the level or the message', async () => {
  const { log, output } = setup();
  log.logger('a').info('true', { message: 'false', level: 'error' });
  await log.flush();
  expect(JSON.parse(output.text)).toMatchObject({ message: 'true', message_: 'false', level: 'info', level_: 'error' });
});

test('the level of the longest dotted prefix counts, and changes while loggers are in use', async () => {
  const { log, output, settings } = setup({ levels: { 'lnmt.connectors': 'error', 'lnmt.connectors.mail': 'debug' } });
  const [mail, chat, other] = ['lnmt.connectors.mail', 'lnmt.connectors.chat', 'lnmt.connectorsmith'].map(log.logger);
  for (const logger of [mail, chat, other]) {
    logger!.debug('d');
    logger!.info('i');
  }
  log.configure({ ...settings, levels: { 'lnmt.connectors.chat': 'debug' } });
  chat!.debug('later');
  await log.flush();
  expect(output.lines.map((line) => JSON.parse(line)).map(({ logger, message }) => `${logger} ${message}`)).toEqual([
    'lnmt.connectors.mail d',
    'lnmt.connectors.mail i',
    'lnmt.connectorsmith i',
    'lnmt.connectors.chat later',
  ]);
});

test('one logger for a name', () => {
  const { log } = setup();
  expect(log.logger('a')).toBe(log.logger('a'));
});

test('on a terminal: time, level, logger, message, fields, and code frames as they are', async () => {
  const { log, output } = setup({ format: 'pretty' });
  log
    .logger('lnmt.integration_connectors')
    .error('unknown key\n 12 |   chanel: ops\n    |   ^^^^^^', { file: 'a.yaml', text: 'two words' });
  await log.flush();
  expect(output.lines).toEqual([
    expect.stringMatching(
      /^\d\d:00:00\.000 ERROR lnmt\.integration_connectors unknown key file=a\.yaml text="two words"$/,
    ),
    '   12 |   chanel: ops',
    '      |   ^^^^^^',
  ]);
});

test('auto is pretty and coloured on a terminal', async () => {
  vi.stubEnv('NO_COLOR', '');
  const { log, output } = setup({ format: 'auto' });
  output.isTTY = true;
  log.logger('a').warn('careful');
  await log.flush();
  expect(output.text).toContain('\u001b[33mWARN');
  vi.unstubAllEnvs();
});

test.for(['json', 'pretty'] as const)('control characters from outside are quoted (%s)', async (format) => {
  const { log, output } = setup({ format });
  log.logger('a\u001b[2J').info('\u001b]0;title\u0007 \u009b31m \u202eabc\r', { from: 'x\ny\u001b[1m' });
  await log.flush();
  expect(output.lines).toHaveLength(1);
  expect(output.lines[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  expect(output.lines[0]).toContain('\\u001b]0;title');
});

test.for(['json', 'pretty'] as const)(
  'secrets are masked wherever they stand, as any format writes them (%s)',
  async (format) => {
    const secrets = ['hunter2!', 'a"quoted"\nkey', 'abc', 'hunter2!longer', 'p@ss word'];
    const { log, output } = setup({ format, secrets: () => secrets });
    log.logger('a').info('pw hunter2! and hunter2!longer, abc', {
      url: 'https://u:p%40ss%20word@h',
      deep: { key: 'a"quoted"\nkey' },
    });
    await log.flush();
    expect(output.text).toContain('pw *** and ***, abc');
    for (const leak of ['hunter', 'longer', 'quoted', 'p%40ss']) expect(output.text).not.toContain(leak);
  },
);

test('a secret of several lines is masked in a message of several lines', async () => {
  const { log, output } = setup({
    format: 'pretty',
    secrets: () => ['-----BEGIN KEY-----\nMIIB\n-----END KEY-----\n'],
  });
  log.logger('a').error('bad key:\n-----BEGIN KEY-----\nMIIB\n-----END KEY-----\nas configured');
  await log.flush();
  expect(output.text).not.toContain('MIIB');
  expect(output.lines.slice(1)).toEqual(['  ***', '  as configured']);
});

test('the same message over and over is counted, not written', async () => {
  const { log, output, clock } = setup();
  const logger = log.logger('a');
  for (let n = 1; n <= 5_000; n += 1) logger.warn('refused', { n });
  logger.warn('something else');
  clock.advance(60_000);
  logger.warn('refused', { n: 5_001 });
  await log.flush();
  const lines = output.lines.map((line) => JSON.parse(line));
  expect(lines).toHaveLength(20 + 1 + 1 + 1);
  expect(lines[21]).toMatchObject({ message: 'refused', n: 5_000, repeated: 4_980 });
  expect(lines[22]).toMatchObject({ message: 'refused', n: 5_001 });
  expect(clock.pending).toBe(0);
});

test('flush says what was held back, and leaves no timer', async () => {
  const { log, output, clock } = setup();
  for (let n = 0; n < 30; n += 1) log.logger('a').info('x');
  await log.flush();
  expect(JSON.parse(output.lines.at(-1)!)).toMatchObject({ repeated: 10 });
  expect(clock.pending).toBe(0);
});

test('lines that nobody reads do not pile up', async () => {
  const { log, output } = setup();
  const waiting: (() => void)[] = [];
  output._write = (chunk: Buffer, _encoding, done) => {
    output.text += chunk.toString();
    waiting.push(done);
  };
  for (let n = 0; n < 3_000; n += 1) {
    log.logger('a').info(`${n} ${'x'.repeat(8_000)}`);
    if (n % 100 === 0) await new Promise(setImmediate);
  }
  const flushed = log.flush();
  const reader = setInterval(() => waiting.shift()?.(), 0);
  output._write = (chunk: Buffer, _encoding, done) => {
    output.text += chunk.toString();
    done();
  };
  await flushed;
  clearInterval(reader);
  expect(output.text.length).toBeLessThan(9 * 1024 * 1024);
  expect(output.text).toMatch(/\d+ log lines left out: standard error was not read/);
});

test('a broken pipe does not end the process', async () => {
  const { log, output } = setup();
  output._write = (_chunk: Buffer, _encoding: string, done: (error?: Error) => void) => done(new Error('EPIPE'));
  log.logger('a').info('x');
  await log.flush();
});

test('20,000 lines and an exit: all of them arrive', async () => {
  const child = await spawnScript(`
    import { createLog } from './src/telemetry/log.ts';
    const log = createLog({ level: 'info', format: 'auto', levels: {}, secrets: () => [] });
    for (let n = 0; n < 20_000; n += 1) log.logger('a').info('line ' + n);
    await log.flush();
    process.exit(0);
  `);
  let lines = 0;
  for await (const chunk of child.stderr) lines += String(chunk).split('\n').length - 1;
  expect(lines).toBe(20_000);
});
