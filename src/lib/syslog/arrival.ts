/** By what a syslog message is read, as a queue on disk keeps it: a restart reads it as it would have been before. */
import type { Counter } from '../../component/component.ts';
import type { SyslogFormat } from './header.ts';
import { isZone, Zone } from './zone.ts';

/** How messages are read; one object per receiver. */
export interface SyslogSettings {
  readonly format: SyslogFormat;
  /** For time stamps without one. */
  readonly zone: Zone;
  /** Counts messages with a `parse_error`, once their metadata is read. */
  readonly parseErrors?: Counter | undefined;
}

/** What the messages of one chunk have in common. One object per chunk keeps the events small. */
export interface Arrival {
  /** Unix milliseconds. */
  readonly receivedAt: number;
  /** The sender's address, for `metadata.remote`; undefined for a file. */
  readonly remote: string | undefined;
  readonly settings: SyslogSettings;
}

const FORMATS: readonly SyslogFormat[] = ['auto', 'rfc3164', 'rfc5424'];

/** As JSON holds it. */
export function describeArrival({ receivedAt, remote, settings }: Arrival): unknown {
  const { format, zone } = settings;
  return [receivedAt, FORMATS.indexOf(format), zone.name, ...(remote === undefined ? [] : [remote])];
}

/** What `describeArrival` described. Zones that this Node does not know are its own. */
export function readArrival(described: unknown): Arrival {
  const [receivedAt, format, zone, remote] = described as [number, number, string, string?];
  return { receivedAt, remote, settings: { format: FORMATS[format] ?? 'auto', zone: zoneNamed(zone) } };
}

let last = new Zone();

function zoneNamed(name: string): Zone {
  if (last.name === name) return last;
  const own = new Zone();
  last = own.name !== name && isZone(name) ? new Zone(name) : own;
  return last;
}
