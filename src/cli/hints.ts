/** What to type to see an event arrive: the first thing a newcomer wants to know. */
import { styleText } from 'node:util';
import type { Configuration } from '../component/configuration.ts';

export function hints(
  configuration: Configuration,
  addresses: ReadonlyMap<string, readonly string[]>,
  { colour }: { colour: boolean },
): string {
  const bold = (text: string): string => (colour ? styleText('bold', text, { validateStream: false }) : text);
  const commands: string[] = [];
  for (const { id, type, options } of configuration.receivers.values()) {
    const bound = addresses.get(id);
    if (type === 'syslog') commands.push(...(bound ?? []).flatMap(loggerCommand));
    if (type === 'http') {
      const [address] = bound ?? [];
      if (address) commands.push(`curl -d '{"level":"error","title":"hello from curl"}' ${address}/v1/events`);
    }
    if (type === 'file') {
      const [path] = (options as { include: readonly string[] }).include.filter((pattern) => !/[*?[{]/.test(pattern));
      if (path) commands.push(`echo 'disk is full' >> ${path}`);
    }
  }
  if (commands.length === 0) return '';
  const lines = commands.map((command) => `  ${bold(command)}`);
  return [
    '',
    'To see an event arrive, type in another terminal:',
    ...lines,
    `Or edit ${configuration.file} while it runs. Ctrl-C stops.`,
    '',
  ].join('\n');
}

function loggerCommand(address: string): string[] {
  const { protocol, hostname, port } = new URL(address);
  const host = hostname === '0.0.0.0' ? '127.0.0.1' : hostname.replace(/^\[(.*)\]$/, '$1').replace(/^::$/, '::1');
  if (protocol === 'udp:') return [`logger -n ${host} -P ${port} -d -p auth.crit 'hello over UDP'`];
  if (protocol === 'tcp:') return [`logger -n ${host} -P ${port} -T -p auth.err 'hello over TCP'`];
  return [];
}
