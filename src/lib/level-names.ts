/**
 * What people and programs call the five levels: syslog severities by name and by number, and the
 * numbers of Bunyan and Pino.
 */
import type { Level } from '../component/event.ts';

const LEVEL_OF = new Map<string, Level>([
  ['debug', 'debug'],
  ['trace', 'debug'],
  ['verbose', 'debug'],
  ['fine', 'debug'],
  ['info', 'info'],
  ['information', 'info'],
  ['informational', 'info'],
  ['notice', 'info'],
  ['warning', 'warning'],
  ['warn', 'warning'],
  ['error', 'error'],
  ['err', 'error'],
  ['severe', 'error'],
  ['critical', 'critical'],
  ['crit', 'critical'],
  ['fatal', 'critical'],
  ['alert', 'critical'],
  ['emerg', 'critical'],
  ['emergency', 'critical'],
  ['panic', 'critical'],
]);

/** Syslog severities by their number, 0 to 7. */
const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;

/** Names of the same severities that senders use. */
const SEVERITY_OF = new Map<string, string>([
  ['emergency', 'emerg'],
  ['panic', 'emerg'],
  ['emerg', 'emerg'],
  ['alert', 'alert'],
  ['notice', 'notice'],
]);

/** The level a name in any case, a syslog severity (0 to 7) or a Pino level (10, 20 … 60) stands for; undefined if none. */
export function levelOf(value: unknown): Level | undefined {
  if (typeof value === 'number') return levelOfNumber(value);
  if (typeof value !== 'string') return undefined;
  const known = LEVEL_OF.get(value);
  if (known !== undefined) return known;
  if (value.length > 16) return undefined;
  const name = value.trim().toLowerCase();
  return LEVEL_OF.get(name) ?? (/^\d{1,2}$/.test(name) ? levelOfNumber(Number(name)) : undefined);
}

/** The syslog severity that `value` names more exactly than its level does, such as `notice`; undefined where the level says it all. */
export function exactSeverityOf(value: unknown): string | undefined {
  if (typeof value === 'number') return value === 0 || value === 1 || value === 5 ? SEVERITIES[value] : undefined;
  if (typeof value !== 'string' || value.length > 16) return undefined;
  const name = value.trim().toLowerCase();
  return /^[015]$/.test(name) ? SEVERITIES[Number(name)] : SEVERITY_OF.get(name);
}

function levelOfNumber(value: number): Level | undefined {
  if (!Number.isInteger(value)) return undefined;
  if (value >= 0 && value <= 7) return LEVEL_OF.get(SEVERITIES[value]!);
  switch (value) {
    case 10:
    case 20:
      return 'debug';
    case 30:
      return 'info';
    case 40:
      return 'warning';
    case 50:
      return 'error';
    case 60:
      return 'critical';
    default:
      return undefined;
  }
}
