/**
 * A line of an access log, in the common or the combined format of Apache and nginx, also with
 * the virtual host in front. The level is the status's: 5xx error, 4xx warning, else info.
 */
import { newMetadata, type Level, type Metadata } from '../../component/event.ts';
import { titleOf } from '../../lib/title.ts';
import type { Parser } from './parsed.ts';
import { accessTime } from './times.ts';

const NOT_ONE = 'no line of an access log';

export const parseAccessLog: Parser = (text) => {
  const bracket = text.indexOf(' [');
  const timeEnd = bracket < 0 ? -1 : text.indexOf('] "', bracket);
  if (timeEnd < 0) return NOT_ONE;
  const timestamp = accessTime(text.slice(bracket + 2, timeEnd));
  if (timestamp === undefined) return `${NOT_ONE}: its time is none`;
  const fields = newMetadata();
  if (!readHead(fields, text.slice(0, bracket))) return NOT_ONE;
  const requestEnd = closing(text, timeEnd + 3);
  if (requestEnd < 0) return NOT_ONE;
  readRequest(fields, text.slice(timeEnd + 3, requestEnd));
  const rest = readStatus(fields, text, requestEnd + 1);
  if (rest < 0) return `${NOT_ONE}: its status is none`;
  readQuoted(fields, text, rest);
  const status = fields['status'] as number;
  const { method, path, request } = fields as Partial<Record<string, string>>;
  const title = titleOf(`${method === undefined ? (request ?? '-') : `${method} ${path}`} ${status}`);
  return { fields, timestamp, level: levelOfStatus(status), title };
};

function levelOfStatus(status: number): Level {
  return status >= 500 ? 'error' : status >= 400 ? 'warning' : 'info';
}

/** `vhost:port client ident user`; a user may have blanks in it. */
function readHead(fields: Metadata, head: string): boolean {
  const parts = head.split(' ', 8);
  if (parts.length < 3) return false;
  if (parts.length > 3 && /:\d{1,5}$/.test(parts[0]!) && parts[2] === '-') fields['vhost'] = parts.shift();
  const [client, ident, ...user] = parts;
  put(fields, 'client', client!);
  put(fields, 'ident', ident!);
  put(fields, 'user', user.join(' '));
  return true;
}

/** What was no request at all, such as a TLS greeting to a plain port, stays in one piece. */
function readRequest(fields: Metadata, request: string): void {
  const first = request.indexOf(' ');
  const last = request.lastIndexOf(' ');
  if (first > 0 && last > first && request.startsWith('HTTP/', last + 1)) {
    fields['method'] = request.slice(0, first);
    fields['path'] = request.slice(first + 1, last);
    fields['protocol'] = request.slice(last + 1);
  } else put(fields, 'request', request);
}

/** ` 200 2326`; returns where it ends, or -1. */
function readStatus(fields: Metadata, text: string, from: number): number {
  const match = STATUS.exec(text.slice(from, from + 40));
  if (!match) return -1;
  fields['status'] = Number(match[1]);
  if (match[2] !== '-') fields['bytes'] = Number(match[2]);
  return from + match[0].length;
}

const STATUS = /^ (\d{3}) (\d{1,16}|-)(?= |$)/;

/** ` "referrer" "user agent" "forwarded for"`, and whatever else a server adds. */
function readQuoted(fields: Metadata, text: string, from: number): void {
  let at = from;
  for (const name of ['referrer', 'user_agent', 'forwarded_for']) {
    if (!text.startsWith(' "', at)) break;
    const end = closing(text, at + 2);
    if (end < 0) break;
    put(fields, name, text.slice(at + 2, end));
    at = end + 1;
  }
  put(fields, 'extra', text.slice(at).trim());
}

function put(fields: Metadata, name: string, value: string): void {
  if (value !== '-' && value !== '') fields[name] = value;
}

/** The quote that is not escaped. */
function closing(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 34) return at;
  }
  return -1;
}
