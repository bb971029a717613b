/** The library as it is installed: the packed tarball, imported and required by plain programs, and by plugins. */
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { serve } from '../support/http-server.ts';
import { serveMail } from '../support/smtp-server.ts';
import { sharedDirectory, temporaryDirectory } from '../support/temporary.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const project = sharedDirectory();
const installed = join(project, 'node_modules/lnmt-collector');

beforeAll(async () => {
  await mkdir(installed, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], {
    cwd: root,
  });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  await run('tar', ['-xzf', join(project, filename), '-C', installed, '--strip-components=1']);
});

async function node(
  name: string,
  source: string,
  env: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string }> {
  await writeFile(join(project, name), source);
  return run(process.execPath, [name], { cwd: project, env: { ...process.env, ...env }, timeout: 15_000 });
}

const USE = `
class Mine extends BaseConnector {
  async sendEvent(event) {
    console.log(this.name, event.level, event.title);
    return true;
  }
}
`;

async function configured(): Promise<Awaited<ReturnType<typeof serve>>> {
  const server = await serve();
  await writeFile(join(project, 'config.yaml'), `connectors:\n  hook: { type: http, url: ${server.origin}/ }\n`);
  return server;
}

test('an ES module uses it', async () => {
  const server = await configured();
  const { stdout, stderr } = await node(
    'use.mjs',
    `import { AlertLevel, BaseConnector, EventType, IntegrationConnectorService, sendCriticalAlert } from 'lnmt-collector';
${USE}
const service = new IntegrationConnectorService('config.yaml');
await service.registerConnector('mine', new Mine('mine'));
console.log(JSON.stringify(await service.alert({ level: AlertLevel.ERROR, title: 'one', eventType: EventType.CUSTOM })).replace(/\\d+/g, 'N'));
await sendCriticalAlert({ title: 'two' });
await service.close();
`,
  );
  expect(stderr).toBe('');
  expect(stdout).toBe(
    'mine error one\n{"hook":{"status":"sent","tookMs":N},"mine":{"status":"sent","tookMs":N}}\nmine critical two\n',
  );
  expect(server.seen).toHaveLength(2);
});

test('a CommonJS module uses it, and a program that just ends still delivers', async () => {
  const server = await configured();
  const { stdout, stderr } = await node(
    'use.cjs',
    `const { BaseConnector, IntegrationConnectorService } = require('lnmt-collector');
${USE}
const service = new IntegrationConnectorService('config.yaml');
service.registerConnector('mine', new Mine('mine'));
service.alert({ level: 'warning', title: 'not awaited' });
`,
  );
  expect(stderr).toBe('');
  expect(stdout).toBe('mine warning not awaited\n');
  expect(server.seen).toHaveLength(1);
});

test('connections that wait for a next message keep no program alive', async () => {
  const mail = await serveMail();
  const tcp = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void tcp.close());
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
  onTestFinished(() => void udp.close());
  await writeFile(
    join(project, 'config.yaml'),
    `connectors:
  mail: { type: email, smtp_host: localhost, smtp_port: ${mail.port}, ca_file: ${mail.caFile}, from_email: a@example.com, to_emails: b@example.com }
  tcp: { type: syslog, host: 127.0.0.1, port: ${port}, protocol: tcp }
  udp: { type: syslog, host: 127.0.0.1, port: ${port}, protocol: udp }
`,
  );
  const { stdout } = await node(
    'idle.mjs',
    `import { sendHealthAlert } from 'lnmt-collector';\nconst { mail, tcp, udp } = await sendHealthAlert({ title: 'x' });\nconsole.log(mail.status, tcp.status, udp.status);\n`,
  );
  expect(stdout).toBe('sent sent sent\n');
});

test('what waits when a program ends is given its time, then said to be lost', async () => {
  const server = await serve({ status: 503 });
  await writeFile(
    join(project, 'config.yaml'),
    `connectors:\n  hook: { type: http, url: ${server.origin}/, retry: { initial_interval: 50ms } }\nservice: { shutdown_timeout: 300ms }\n`,
  );
  const { stderr } = await node(
    'ends.mjs',
    `import { sendHealthAlert } from 'lnmt-collector';\nawait sendHealthAlert({ title: 'x' });\n`,
  );
  expect(server.seen.length).toBeGreaterThan(1);
  expect(stderr).toMatch(/1 events? (?:were|was) not delivered in time/);
});

test('without a file, a convenience function says what to do', async () => {
  await rm(join(project, 'config.yaml'), { force: true });
  const { stdout } = await node(
    'none.mjs',
    `import { sendHealthAlert } from 'lnmt-collector';\nawait sendHealthAlert({ title: 'x' }).catch(({ message }) => console.log(message));\n`,
  );
  expect(stdout).toContain(
    'make one with new IntegrationConnectorService(file), or put collector.yaml or config.yaml into',
  );
});

test('the program answers to its documented names, here and installed', async () => {
  const { bin } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { bin: Record<string, string> };
  expect(bin).toMatchObject({ integrations_ctl: 'dist/main.js', 'integrations_ctl.py': 'dist/main.js' });
  const file = join(project, 'named.yaml');
  const { stdout } = await run('./cli/integrations_ctl.py', ['sample-config'], { cwd: root });
  await writeFile(file, stdout);
  expect((await run('./cli/integrations_ctl', ['validate', '-c', file], { cwd: root })).stdout).toContain('is valid');
});

test('its types are found both ways', async () => {
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, types: [], typeRoots: [] },
      include: ['*.ts', '*.mts', '*.cts'],
    }),
  );
  const source = `import { AlertLevel, BaseConnector, IntegrationConnectorService, type IntegrationEvent } from 'lnmt-collector';
export class Mine extends BaseConnector<{ readonly channel: string }> {
  override async sendEvent(event: IntegrationEvent): Promise<boolean> {
    this.logger.info(this.config.channel, { at: event.timestamp.getTime() });
    return true;
  }
}
const service = new IntegrationConnectorService('config.yaml');
const { hook } = await0(service.alert({ level: AlertLevel.ERROR, title: 'x', tags: ['a'] }));
export const status: 'sent' | 'queued' | 'filtered' | 'limited' | 'failed' | undefined = hook?.status;
declare function await0<T>(promise: Promise<T>): T;
`;
  await writeFile(join(project, 'esm.mts'), source);
  await writeFile(join(project, 'cjs.cts'), source);
  const { stdout } = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project]).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toBe('');
});

test('a plugin anywhere on the machine is checked, documented, tested and sent through', async () => {
  const server = await serve();
  const elsewhere = await temporaryDirectory();
  await writeFile(
    join(elsewhere, 'my-connector.mjs'),
    `import { BaseConnector } from 'lnmt-collector';
export default class extends BaseConnector {
  static type = 'my_service';
  static summary = 'Sends to my service.';
  static schema = { type: 'object', required: ['url'], properties: { url: { type: 'string', format: 'uri', description: 'Where to.' } } };
  async sendEvent(event) {
    const response = await fetch(this.config.url, { method: 'POST', body: event.toJson() });
    return response.ok;
  }
}
`,
  );
  const file = join(elsewhere, 'collector.yaml');
  await writeFile(
    file,
    `connectors:\n  mine: { type: my_service, url: ${server.origin}/, filters: { min_level: error } }\nservice: { plugins: [./my-connector.mjs], storage: { directory: ./state } }\n`,
  );
  const cli = (...args: string[]) =>
    run(process.execPath, [join(installed, 'dist/main.js'), ...args, '-c', file]).then(
      ({ stdout }) => stdout,
      (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
    );
  expect(await cli('validate')).toMatch(/is valid/);
  expect(await cli('components', 'my_service')).toMatch(/Sends to my service\.[^]*url[^]*Where to\./);
  expect(await cli('test', '-n', 'mine')).toMatch(/✔ mine: delivered in \d+ ms/);
  expect(await cli('alert', '-l', 'info', '-t', 'x')).toMatch(/mine {2}filtered by filters/);
  expect(await cli('alert', '-l', 'error', '-t', 'y')).toMatch(/mine {2}sent/);
  expect(server.seen.map(({ body }) => (JSON.parse(body) as { title: string }).title)).toEqual(['Test of mine', 'y']);
  await writeFile(
    file,
    `connectors:\n  mine: { type: my_service, urll: 'https://x.example' }\nservice: { plugins: [./my-connector.mjs] }\n`,
  );
  expect(await cli('validate')).toMatch(/collector\.yaml:2:29 error: .*urll.*did you mean "url"/);
  await writeFile(join(elsewhere, 'broken.mjs'), 'export default class {{');
  await writeFile(file, 'connectors:\n  console: {}\nservice: { plugins: [./broken.mjs] }\n');
  expect(await cli('validate')).toMatch(
    /collector\.yaml:3:22 error: the plugin cannot be used: it is not valid JavaScript: /,
  );
});
