/** What Linux tells about a process and its children. */
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

export function cpuSeconds(pid) {
  return sumOver(pid, (each) => {
    const stat = readFileSync(`/proc/${each}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  });
}

/** `field`: VmRSS, or VmHWM for the most there was. */
export function megabytes(pid, field) {
  return sumOver(pid, (each) => {
    const match = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${each}/status`, 'utf8'));
    return match ? Number(match[1]) / 1_024 : 0;
  });
}

/** Bytes that its writes made the kernel owe to a disk. */
export function writtenBytes(pid) {
  return sumOver(pid, (each) => Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${each}/io`, 'utf8'))[1]));
}

export function isUdpBound(port) {
  return udpRows(port).length > 0;
}

/** By the kernel, because a receive buffer was full. */
export function droppedDatagrams(port) {
  return udpRows(port).reduce((sum, fields) => sum + Number(fields.at(-1)), 0);
}

function udpRows(port) {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['/proc/net/udp', '/proc/net/udp6']
    .flatMap((path) => readFileSync(path, 'utf8').split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(end));
}

function sumOver(pid, read) {
  let sum = 0;
  for (const each of family(pid)) {
    try {
      sum += read(each);
    } catch {
      // It has ended.
    }
  }
  return sum;
}

function family(pid) {
  const found = [pid];
  for (const each of found) {
    try {
      for (const task of readdirSync(`/proc/${each}/task`)) {
        const children = readFileSync(`/proc/${each}/task/${task}/children`, 'utf8').split(' ');
        found.push(...children.filter(Boolean).map(Number));
      }
    } catch {
      // It has ended.
    }
  }
  return found;
}
