import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import type { Validator } from '../../src/config/validators.ts';
import { load } from '../support/load.ts';
import { sharedDirectory } from '../support/temporary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const directory = sharedDirectory();
let validators: ReadonlyMap<string, Validator>;

beforeAll(async () => {
  execFileSync(process.execPath, ['scripts/generate-validators.mjs', 'test/support/test-catalog.ts', directory], {
    cwd: root,
  });
  const generated = (await import(pathToFileURL(join(directory, 'validators.js')).href)) as {
    validators: typeof validators;
  };
  ({ validators } = generated);
});

test('there is one for each component type, and for service', () => {
  expect([...validators.keys()].sort()).toEqual([
    'exporter/discord',
    'exporter/elasticsearch',
    'exporter/email',
    'exporter/http',
    'exporter/slack',
    'exporter/syslog',
    'processor/enrich',
    'processor/filter',
    'processor/ratelimit',
    'receiver/file',
    'receiver/syslog',
    'service',
  ]);
});

test('they say and fill in what the compiled ones do', async () => {
  const wrong = `
receivers: { syslog: { listen: [], max_message_size: 1 }, file: {} }
processors: { ratelimit: { max_per_window: 0 } }
exporters:
  slack: { chanel: x, filters: { min_level: loud } }
  http: { url: https://a/, method: GET, auth: {}, concurrency: 0, retry: { initial_interval: 0 } }
  email: { smtp_host: a, from_email: a@b, to_emails: [] }
service: { log: { level: x }, workers: -1 }
`;
  const compiled = await load(wrong);
  const generated = await load(wrong, { validators });
  expect(generated.errors).toEqual(compiled.errors);
  expect(generated.errors).toHaveLength(15);
  const right =
    'receivers: { syslog: { listen: "tcp://[::1]:1" } }\nexporters: { a: { type: email, smtp_host: a, from_email: a@b, to_emails: c@d, rate_limit: { max_per_window: 1, window: 1 } } }\n';
  const strip = async (environment: { validators?: typeof validators }) => {
    const { configuration, directory: own } = await load(right, environment);
    return JSON.stringify([[...configuration!.receivers], [...configuration!.exporters], configuration!.service])
      .replaceAll(own, '')
      .replace(/collector-[\da-f]{12}/, '');
  };
  expect(await strip({ validators })).toBe(await strip({}));
});

test('a file of 200 components is read with them', async () => {
  const exporters = Array.from(
    { length: 200 },
    (_, index) =>
      `  http/${index}:\n    url: https://example.com/${index}\n    timeout: 30s\n    headers: { X-Number: "${index}" }\n    filters: { min_level: warning }\n`,
  );
  const { configuration, errors } = await load(`exporters:\n${exporters.join('')}`, { validators });
  expect(errors).toEqual([]);
  expect(configuration!.exporters.size).toBe(200);
});
