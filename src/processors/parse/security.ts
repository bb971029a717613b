/**
 * CEF (ArcSight) and LEEF (QRadar), the two formats of security devices, also behind a syslog
 * header. The title is the event's name, the source the product, the type `security_event`; what
 * the header says of the device is in `device`, and each pair of the extension is a key.
 */
import { newMetadata, type Level, type Metadata } from '../../component/event.ts';
import { readPayload } from '../../lib/syslog/payload.ts';
import type { Zone } from '../../lib/syslog/zone.ts';
import { titleOf } from '../../lib/title.ts';
import { numberOrText, textValue, type Parser } from './parsed.ts';
import { deviceTime } from './times.ts';

/** A header may be in front of it, not a novel. */
const MAX_OFFSET = 1_024;

/** `CEF:0|Vendor|Product|1.0|100|Name|7|src=192.0.2.1 msg=A text with blanks`. */
export function cefParser(zone: Zone, numbers: boolean): Parser {
  return securityParser('CEF:', 'extension', numbers, (device, fields) => ({
    title: textOf(device['name']) || textOf(device['signature_id']),
    severity: textOf(device['severity']),
    timestamp: deviceTime(fields['rt'] ?? fields['end'] ?? fields['start'], zone),
  }));
}

/** `LEEF:2.0|Vendor|Product|1.0|EventID|^|src=192.0.2.1^sev=7`; version 1.0 has no delimiter but the tab. */
export function leefParser(zone: Zone, numbers: boolean): Parser {
  return securityParser('LEEF:', 'attributes', numbers, (device, fields) => ({
    title: textOf(device['event_id']),
    severity: textOf(fields['sev']),
    timestamp: deviceTime(fields['devTime'], zone),
  }));
}

interface Said {
  readonly title: string;
  readonly severity: string;
  readonly timestamp: number | undefined;
}

function securityParser(
  mark: string,
  pairs: string,
  numbers: boolean,
  said: (device: Metadata, fields: Metadata) => Said,
): Parser {
  const valueOf = numbers ? numberOrText : textValue;
  return (text) => {
    const start = text.slice(0, MAX_OFFSET).indexOf(mark);
    const payload = start < 0 ? undefined : readPayload(start === 0 ? text : text.slice(start));
    if (!payload) return `no ${mark.slice(0, -1)}`;
    const { [pairs]: extension, ...rest } = payload.fields;
    const fields = newMetadata();
    const device = Object.assign(newMetadata(), rest);
    fields['device'] = device;
    for (const [key, value] of Object.entries(extension as Metadata)) fields[key] = valueOf(value as string);
    const { title, severity, timestamp } = said(device, fields);
    const source = textOf(device['product']);
    return {
      fields,
      ...(title !== '' && { title: titleOf(title) }),
      ...(source !== '' && { source }),
      level: levelOfSeverity(severity),
      timestamp,
      eventType: 'security_event',
    };
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** Both formats' scale from 0 to 10, or CEF's words for it. */
function levelOfSeverity(severity: string): Level {
  switch (severity.toLowerCase()) {
    case 'medium':
      return 'warning';
    case 'high':
      return 'error';
    case 'very-high':
      return 'critical';
    default: {
      const number = Number(severity);
      return number >= 9 ? 'critical' : number >= 7 ? 'error' : number >= 4 ? 'warning' : 'info';
    }
  }
}
