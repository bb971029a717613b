import { codeOf, StartError } from '../../component/errors.ts';
import { portHolder } from '../../lib/port-holder.ts';
import type { ListenAddress } from './address.ts';

/** What a failure to bind means and what to do about it; `index` is the address's place in `listen`. */
export async function bindTrouble(error: unknown, address: ListenAddress, index: number): Promise<StartError> {
  const { scheme, host, port } = address;
  const where = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const reason = await reasonFor(codeOf(error), address);
  return new StartError(`cannot listen on ${where}: ${reason}`, { path: ['listen', index] });
}

async function reasonFor(code: string, { scheme, port }: ListenAddress): Promise<string> {
  switch (code) {
    case 'EADDRINUSE': {
      const holder = await portHolder(scheme, port);
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
