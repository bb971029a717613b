/** Finds who listens on a port, for the message of a receiver that could not have it. Linux only. */
import { readdir, readFile, readlink } from 'node:fs/promises';

/** TCP's LISTEN, and the state that /proc gives a bound UDP socket. */
const BOUND = { tcp: '0A', udp: '07' } as const;

/** `rsyslogd (process 812)`; undefined where it cannot be told, as with another user's process. */
export async function portHolder(protocol: 'tcp' | 'udp', port: number): Promise<string | undefined> {
  try {
    const sockets = await socketsOn(protocol, port);
    if (sockets.size === 0) return undefined;
    for (const entry of await readdir('/proc')) {
      if (!/^\d+$/.test(entry) || !(await holds(entry, sockets))) continue;
      const name = await readFile(`/proc/${entry}/comm`, 'utf8');
      return `${name.trim()} (process ${entry})`;
    }
  } catch {
    // Not Linux, or gone meanwhile: the caller's advice does without.
  }
  return undefined;
}

/** As descriptors name them: `socket:[4711]`. */
async function socketsOn(protocol: 'tcp' | 'udp', port: number): Promise<Set<string>> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = new Set<string>();
  for (const file of [protocol, `${protocol}6`]) {
    const table = await readFile(`/proc/net/${file}`, 'latin1').catch(() => '');
    for (const row of table.split('\n')) {
      const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
      if (local?.endsWith(suffix) && state === BOUND[protocol]) sockets.add(`socket:[${inode}]`);
    }
  }
  return sockets;
}

async function holds(process: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${process}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  const targets = await Promise.all(descriptors.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return targets.some((target) => sockets.has(target));
}
