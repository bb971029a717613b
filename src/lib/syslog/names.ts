/** The names of syslog's facilities and severities, what they mean as levels, and as event types. */
import type { Level } from '../../component/event.ts';

/** By their number, 0 to 23. */
export const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'security',
  'console',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;

/** By their number, 0 (gravest) to 7. */
export const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;

const LEVEL_OF_SEVERITY = [
  'critical',
  'critical',
  'critical',
  'error',
  'warning',
  'info',
  'info',
  'debug',
] as const satisfies readonly Level[];

const SEVERITY_OF_LEVEL: Readonly<Record<Level, number>> = { critical: 2, error: 3, warning: 4, info: 6, debug: 7 };

/** PRI of a message that has none: user.notice (RFC 3164, 4.3.3). */
export const DEFAULT_PRI = 13;

const AUTH = 4;
const AUTHPRIV = 10;

/** The level of a severity from 0 to 7. */
export function levelOfSeverity(severity: number): Level {
  return LEVEL_OF_SEVERITY[severity & 7]!;
}

/** The severity a level is sent as when the exact one is not known. */
export function severityOfLevel(level: Level): number {
  return SEVERITY_OF_LEVEL[level];
}

/** `critical_error` for severities 0–2, else `security_event` for auth and authpriv, else `custom`. */
export function eventTypeOfPri(pri: number): string {
  if ((pri & 7) <= 2) return 'critical_error';
  const facility = pri >> 3;
  return facility === AUTH || facility === AUTHPRIV ? 'security_event' : 'custom';
}

/** The number of a facility by its name, or by the number itself; undefined for anything else. */
export function facilityNumber(facility: unknown): number | undefined {
  return indexIn(FACILITIES, facility);
}

/** The number of a severity by its name, or by the number itself; undefined for anything else. */
export function severityNumber(severity: unknown): number | undefined {
  return indexIn(SEVERITIES, severity);
}

function indexIn(names: readonly string[], value: unknown): number | undefined {
  if (typeof value === 'number')
    return Number.isInteger(value) && value >= 0 && value < names.length ? value : undefined;
  const index = typeof value === 'string' ? names.indexOf(value) : -1;
  return index < 0 ? undefined : index;
}
