/** What the kernel says of a process. */
import { readdir, readFile } from 'node:fs/promises';

/** Of memory, now. */
export async function residentMiB(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024;
}

/** The most there ever was. */
export async function peakMiB(pid: number): Promise<number> {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024;
}

/** Connections that are open to a port of this machine, as its clients see them. */
export async function connectionsTo(port: number): Promise<number> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = (await readFile('/proc/net/tcp', 'latin1')).split('\n').map((row) => row.trim().split(/\s+/));
  // 01 is ESTABLISHED.
  return rows.filter(([, , remote, state]) => remote?.endsWith(wanted) && state === '01').length;
}

export async function descriptors(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** Seconds of processor time so far. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // In clock ticks, of which there are 100 in a second on Linux: proc_pid_stat(5).
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
