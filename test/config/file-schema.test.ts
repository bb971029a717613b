import { Ajv } from 'ajv';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { fileSchema } from '../../src/config/file-schema.ts';
import { testCatalog } from '../support/test-catalog.ts';

const schema = fileSchema(testCatalog);
const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
ajv.addKeyword('defaultSnippets');
const validate = ajv.compile(schema);
const accepts = (yaml: string) => validate(parse(yaml));

test('accepts ids of a type, free names with a type, references and durations', () => {
  const yaml = `
x-anchors: {}
receivers: { syslog/a: { listen: udp://0.0.0.0:1 }, mine: { type: file, include: [a] } }
exporters:
  slack: { webhook_url: '\${env:X}', timeout: 1h30m, enabled: '\${env:ON:-true}', filters: }
  logs: { type: syslog, host: a, port: '\${env:PORT}', timeout: 5, queue: { max_size: 64KiB } }
pipelines: { a: { receivers: [syslog/a], processors: [{ filter: { min_level: info } }], exporters: [slack] } }
service: { record: true, plugins: ./x.js, admin: { listen: 127.0.0.1:1 } }
include: conf.d/*.yaml
tests: [{ name: a }]
`;
  expect(accepts(yaml), JSON.stringify(validate.errors)).toBe(true);
});

test.each([
  'exporters: { slack: { webhok_url: a } }',
  'exporters: { logs: { type: syslog, host: a, prot: 1 } }',
  'exporters: { logs: { host: a } }',
  'exporters: { logs: { type: slak } }',
  'exporters: { syslog: { host: a, timeout: soon } }',
  'exporters: { syslog: { host: a, protocol: upd } }',
  'pipelines: { a: { receivers: [b] } }',
  'servce: {}',
])('refuses %s', (yaml) => {
  expect(accepts(yaml)).toBe(false);
});

test('tells editors defaults as people write them, descriptions and secrets', () => {
  expect(schema).toMatchObject({
    definitions: {
      'receiver.syslog': {
        properties: { idle_timeout: { default: '1m', description: 'Idle.' }, max_message_size: { default: '64KiB' } },
      },
      'exporter.slack': { properties: { webhook_url: { writeOnly: true } } },
    },
  });
});

const documented = new URL('../../../shared/spec/lnmt-integration-connectors.md', import.meta.url);
test.skipIf(!existsSync(documented))('accepts the documented file', () => {
  expect(accepts(/```yaml\n(connectors:[\s\S]*?)```/.exec(readFileSync(documented, 'utf8'))![1]!)).toBe(true);
});
