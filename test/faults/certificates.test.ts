/** Row 25 of the fault matrix: destinations that are not who they should be, or speak what nobody should any more. */
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { generate } from 'selfsigned';
import { expect, onTestFinished, test } from 'vitest';
import { startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { postEvents } from '../support/post-events.ts';
import { temporaryDirectory } from '../support/temporary.ts';

interface Impostor {
  readonly port: number;
  /** The certificate it shows, for ca_file. */
  readonly caFile: string;
  readonly requests: number;
}

interface Identity {
  /** A DNS name of the certificate. */
  readonly name?: string;
  readonly expired?: boolean;
  readonly tls?: TlsOptions;
}

async function impostor({ name = 'localhost', expired = false, tls = {} }: Identity): Promise<Impostor> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
    ...(expired ? { notBeforeDate: new Date(2020, 0, 1), notAfterDate: new Date(2021, 0, 1) } : {}),
  });
  const caFile = join(await temporaryDirectory(), 'ca.pem');
  await writeFile(caFile, cert);
  let requests = 0;
  const server = createServer({ key, cert, ...tls }, (_, response) => {
    requests += 1;
    response.end();
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  onTestFinished(() => void server.close());
  return {
    port: (server.address() as AddressInfo).port,
    caFile,
    get requests() {
      return requests;
    },
  };
}

test('a destination that is not to be trusted gets nothing, and the operator is told why', async () => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const impostors = {
    unknown: await impostor({}),
    expired: await impostor({ expired: true }),
    elsewhere: await impostor({ name: 'elsewhere.example' }),
    nul: await impostor({ name: 'localhost\0.elsewhere.example' }),
    old: await impostor({ tls: old }),
    stranger: await impostor({ tls: { requestCert: true, rejectUnauthorized: true } }),
  };
  const good = await impostor({});
  const exporters = Object.entries(impostors).map(([name, { port, caFile }]) => {
    const ca = name === 'unknown' ? good.caFile : caFile;
    return `  http/${name}: { url: 'https://localhost:${port}/', ca_file: ${ca}, timeout: 5s }`;
  });
  const collector = await startCollector(
    `
receivers: { http: { listen: http://127.0.0.1:0 } }
exporters:
  http/good: { url: 'https://localhost:${good.port}/', ca_file: ${good.caFile} }
${exporters.join('\n')}
`,
    { service: '  shutdown_timeout: 100ms\n' },
  );
  await postEvents(await collector.port('http', 'http'), [{ title: 'payload' }]);
  await eventually(async () => {
    const { exporters: all } = await collector.status();
    return all['http/good']!.sent === 1 && Object.keys(impostors).every((name) => all[`http/${name}`]!.state !== 'ok');
  }, 'each is judged');
  const { exporters: all } = await collector.status();
  for (const [name, { requests }] of Object.entries(impostors))
    expect([name, requests, all[`http/${name}`]!.sent, all[`http/${name}`]!.held]).toEqual([name, 0, 0, 1]);
  for (const name of ['unknown', 'expired', 'elsewhere', 'nul']) {
    expect([name, all[`http/${name}`]!.state]).toEqual([name, 'misconfigured']);
    expect(all[`http/${name}`]!.last_error).toMatch(/certificate/i);
  }
  await collector.stop();
});
