/** Commands and collectors inside the test's own process: what a command prints, and an agent on a file. */
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { Agent } from '../../src/agent/agent.ts';
import { main } from '../../src/cli/program.ts';
import { KnownSecrets } from '../../src/telemetry/known-secrets.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { temporaryDirectory } from './temporary.ts';

export interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command as the shell would, without a process. */
export async function say(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const [stdout, stderr] = [new Paper(), new Paper()];
  const status = await main(args, { env, stdout, stderr });
  return { status, out: stdout.text, err: stderr.text };
}

export class Paper extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A folder with a file whose storage is in it too, and with an admin address of its own. */
export async function fileInFolder(
  yaml: string,
  name = 'collector.yaml',
): Promise<{ folder: string; file: string; whole(yaml: string): string }> {
  const folder = await temporaryDirectory();
  const whole = (text: string): string =>
    `${text.trim()}\nservice:\n  storage: { directory: ${join(folder, 'state')} }\n  admin: { listen: '127.0.0.1:0' }\n  shutdown_timeout: 100ms\n`;
  const file = join(folder, name);
  await writeFile(file, whole(yaml));
  return { folder, file, whole };
}

export async function startAgent(file: string, env: Readonly<Record<string, string>> = {}): Promise<Agent> {
  const log = createLog({ level: 'error', format: 'json', levels: {}, secrets: () => [], stream: new Paper() });
  const agent = await Agent.start({ file, env, version: '0.0.0', log, secrets: new KnownSecrets() });
  onTestFinished(() => agent.stop());
  return agent;
}
