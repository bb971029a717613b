/** A line of Apache's or nginx's error log: the message is what is left without the parts in front and behind. */
import { newMetadata, type Level, type Metadata } from '../../component/event.ts';
import { levelOf } from '../../lib/level-names.ts';
import type { Zone } from '../../lib/syslog/zone.ts';
import { titleOf } from '../../lib/title.ts';
import { numberOrText, type Parser } from './parsed.ts';
import { asctime, slashedTime } from './times.ts';

const CODE = /^(AH\d{5}): /;
const PROCESS = /^pid (\d{1,10})(?::tid (\w{1,20}))?$/;
const LEVEL = /^(?:([\w-]{0,64}):)?([a-z]{4,6}[1-8]?)$/;

/** `[Sun Dec 04 04:47:44 2005] [error] [client 192.0.2.1] text`, and Apache 2.4's with module, process and code. */
export function apacheErrorParser(zone: Zone): Parser {
  return (text) => {
    const timeEnd = text.startsWith('[') ? text.indexOf('] [', 1) : -1;
    const levelEnd = timeEnd < 0 ? -1 : text.indexOf(']', timeEnd + 3);
    if (levelEnd < 0) return 'no line of an Apache error log';
    const timestamp = asctime(text.slice(1, timeEnd), zone);
    const named = LEVEL.exec(text.slice(timeEnd + 3, levelEnd));
    const level = named ? apacheLevel(named[2]!) : undefined;
    if (timestamp === undefined || level === undefined) return 'no line of an Apache error log';
    const fields = newMetadata();
    if (named![1]) fields['module'] = named![1];
    let at = levelEnd + 1;
    for (let part = bracketed(text, at); part !== undefined; part = bracketed(text, at)) {
      if (!readPart(fields, part)) break;
      at += part.length + 3;
    }
    let message = text.slice(at).trimStart();
    const code = CODE.exec(message);
    if (code) {
      fields['code'] = code[1];
      message = message.slice(code[0].length);
    }
    return { fields, timestamp, level, title: titleOf(message), message };
  };
}

function apacheLevel(name: string): Level | undefined {
  return name.startsWith('trace') ? 'debug' : levelOf(name);
}

/** The text in ` [text]` at `from`. */
function bracketed(text: string, from: number): string | undefined {
  if (!text.startsWith(' [', from)) return undefined;
  const end = text.indexOf(']', from);
  return end < 0 ? undefined : text.slice(from + 2, end);
}

/** False for brackets that begin the message. */
function readPart(fields: Metadata, part: string): boolean {
  const blank = part.indexOf(' ');
  const name = part.slice(0, blank);
  if (name === 'client' || name === 'remote') {
    fields[name] = part.slice(blank + 1);
    return true;
  }
  const process = PROCESS.exec(part);
  if (!process) return false;
  fields['pid'] = Number(process[1]);
  if (process[2] !== undefined) fields['tid'] = numberOrText(process[2]);
  return true;
}

const NGINX = /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) \[([a-z]{1,10})\] (\d{1,10})#(\d{1,10}): (?:\*(\d{1,20}) )?/;
/** What nginx says of the request, in its order. */
const ABOUT = ['client', 'server', 'login', 'upstream', 'request', 'subrequest', 'host', 'referrer'];
const FIRST_ABOUT = ', client: ';

/** `2026/01/15 12:00:00 [error] 812#812: *7 text, client: 192.0.2.1, server: example.com, request: "GET / HTTP/1.1"`. */
export function nginxErrorParser(zone: Zone): Parser {
  return (text) => {
    const head = NGINX.exec(text);
    const level = head ? levelOf(head[2]) : undefined;
    const timestamp = head ? slashedTime(head[1]!, zone) : undefined;
    if (!head || level === undefined || timestamp === undefined) return 'no line of an nginx error log';
    const fields = newMetadata();
    fields['pid'] = Number(head[3]);
    fields['tid'] = Number(head[4]);
    if (head[5] !== undefined) fields['connection'] = numberOrText(head[5]);
    const about = text.lastIndexOf(FIRST_ABOUT);
    const end = about < head[0].length ? text.length : about;
    readAbout(fields, text, end);
    const message = text.slice(head[0].length, end);
    return { fields, timestamp, level, title: titleOf(message), message };
  };
}

function readAbout(fields: Metadata, text: string, from: number): void {
  let at = from;
  while (text.startsWith(', ', at)) {
    const colon = text.indexOf(': ', at);
    const name = text.slice(at + 2, colon < 0 ? at + 2 : Math.min(colon, at + 20));
    if (!ABOUT.includes(name)) break;
    const start = colon + 2;
    const quoted = text[start] === '"';
    const end = text.indexOf(quoted ? '"' : ', ', start + 1);
    const stop = end < 0 ? text.length : end;
    fields[name] = text.slice(quoted ? start + 1 : start, stop);
    at = quoted ? stop + 1 : stop;
  }
}
