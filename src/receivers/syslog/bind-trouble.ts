import { existsSync } from 'node:fs';
import { codeOf, StartError } from '../../component/errors.ts';
import { portHolder } from '../../lib/port-holder.ts';
import type { ListenAddress, NetworkAddress, PathAddress } from './address.ts';
import { PathTaken } from './socket-path.ts';
import { NoUnixDatagrams } from './unixgram-listener.ts';

/** What a failure to bind means and what to do about it; `index` is the address's place in `listen`. */
export async function bindTrouble(error: unknown, address: ListenAddress, index: number): Promise<StartError> {
  const reason =
    error instanceof PathTaken || error instanceof NoUnixDatagrams
      ? error.message
      : 'path' in address
        ? reasonForPath(codeOf(error), error, address)
        : await reasonFor(codeOf(error), address);
  return new StartError(`cannot listen on ${written(address)}: ${reason}`, { path: ['listen', index] });
}

function written(address: ListenAddress): string {
  if ('path' in address) return `${address.scheme}://${address.path}`;
  const { scheme, host, port } = address;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The package for datagrams says it in words, not in codes. */
function reasonForPath(code: string, error: unknown, { path }: PathAddress): string {
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  const message = error instanceof Error ? error.message : '';
  // libuv reports a missing folder as EACCES.
  if (!existsSync(folder)) return `there is no folder ${folder}. Create it first.`;
  if (code === 'EACCES' || code === 'EPERM' || /permission denied/i.test(message)) {
    return `this user may not create files in ${folder}. Let it, or choose another path.`;
  }
  if (code === 'ENOTDIR') return `${folder} is not a folder.`;
  return `${code === 'Error' ? message : code}.`;
}

async function reasonFor(code: string, { scheme, port }: NetworkAddress): Promise<string> {
  const protocol = scheme === 'udp' ? 'udp' : 'tcp';
  switch (code) {
    case 'EADDRINUSE': {
      const holder = await portHolder(protocol, port);
      if (holder !== undefined) return `port ${port} is taken by ${holder}. Stop that, or listen on another port.`;
      const command = `ss -l${scheme === 'udp' ? 'u' : 't'}np 'sport = :${port}'`;
      return `port ${port} is taken. See by what with \`${command}\` as root, and stop that or listen on another port.`;
    }
    case 'EACCES':
      return 'ports below 1024 need CAP_NET_BIND_SERVICE. Grant it, or listen on a higher port, such as 5514.';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address. `ip addr` lists those it has; 0.0.0.0 is all of them.';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name does not resolve. Write an address, such as 127.0.0.1 or 0.0.0.0.';
    case 'EAFNOSUPPORT':
      return 'this machine has no IPv6. Listen on an IPv4 address, such as 0.0.0.0.';
    default:
      return `${code}.`;
  }
}
