// Messages a second through the syslog event and framing, without sockets, beside a parser as one would
// write it in an hour, which reads every field by a regular expression: `node bench/micro/syslog-parse.mjs [seconds]`.
import { loadSource } from '../../scripts/load-source.mjs';

const { SyslogEvent } = await loadSource('src/lib/syslog/event.ts');
const { Framer } = await loadSource('src/lib/syslog/framing.ts');
const { Zone } = await loadSource('src/lib/syslog/zone.ts');

const seconds = Number(process.argv[2] ?? 1);
const LINES = {
  rfc3164: (n) =>
    `<${n % 192}>Oct 11 22:14:15 mymachine su[${n}]: 'su root' failed for lonvick on /dev/pts/8 in the morning, n=${n}\n`,
  rfc5424: (n) =>
    `<${n % 192}>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog ${n} ID47 [exampleSDID@32473 iut="3" eventSource="Application"] An application event log entry\n`,
};
const settings = { format: 'auto', zone: new Zone() };

const READS = {
  'level only': (event) => (event.level === 'warning' ? 1 : 0),
  'level, message of those that pass': (event) => (event.level === 'warning' ? event.message.length : 0),
  message: (event) => event.message.length,
  'timestamp, source, title, message': (event) =>
    event.timestamp + event.source.length + event.title.length + event.message.length,
  'everything but the id': (event) =>
    event.timestamp +
    event.source.length +
    event.title.length +
    event.message.length +
    Object.keys(event.metadata).length,
};

const OLD = /^<(\d{1,3})>(\w{3} [ \d]\d \d\d:\d\d:\d\d) (\S+) ([^\s:[]+)(?:\[([^\]]*)\])?: ?(.*)$/s;
const NEW = /^<(\d{1,3})>(\d{1,3}) (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[(?:[^\]"]|"(?:\\.|[^"\\])*")*\])+) ?(.*)$/s;
const ELEMENT = /\[([^\s\]]+)((?:[^\]"]|"(?:\\.|[^"\\])*")*)\]/g;
const PARAM = /([^\s=]+)="((?:\\.|[^"\\])*)"/g;
const LEVELS = ['critical', 'critical', 'critical', 'error', 'warning', 'info', 'info', 'debug'];

/** An event with every field, or undefined. */
function byRegex(line, year) {
  const found = NEW.exec(line);
  if (found) {
    const [, pri, , time, hostname, appname, procid, msgid, data, message] = found;
    const structured = {};
    for (const [, id, params] of data.matchAll(ELEMENT)) {
      structured[id] = {};
      for (const [, name, value] of params.matchAll(PARAM)) structured[id][name] = value.replace(/\\(["\\\]])/g, '$1');
    }
    return eventOf(pri, Date.parse(time), message, { hostname, appname, procid, msgid, structured_data: structured });
  }
  const old = OLD.exec(line);
  if (!old) return undefined;
  const [, pri, time, hostname, appname, procid, message] = old;
  return eventOf(pri, Date.parse(`${time} ${year} UTC`), message, { hostname, appname, procid });
}

function eventOf(pri, timestamp, message, fields) {
  const metadata = { facility: pri >> 3, severity: pri & 7, remote: '127.0.0.1', ...fields };
  const title = message.split('\n', 1)[0].slice(0, 120);
  return { timestamp, level: LEVELS[pri & 7], source: fields.appname, title, message, metadata, tags: [] };
}

/** Runs `turn`, which returns how many messages it read, and prints the rate; returns it in millions a second. */
function measure(what, turn) {
  for (let warm = 0; warm < 20; warm += 1) turn();
  let messages = 0;
  const begin = performance.now();
  while (performance.now() - begin < seconds * 1_000) messages += turn();
  const rate = messages / (performance.now() - begin) / 1_000;
  console.log(`${what.padEnd(48)} ${rate.toFixed(2)} M messages/s`);
  return rate;
}

let sum = 0;
for (const [format, line] of Object.entries(LINES)) {
  let text = '';
  for (let n = 0; text.length < 65_536 - 300; n += 1) text += line(n);
  const chunk = Buffer.from(text);
  const sink = {
    batch: [],
    arrival: undefined,
    frame(bytes, start, end) {
      this.batch.push(new SyslogEvent(bytes, start, end, this.arrival));
    },
  };
  const framer = new Framer('auto', 65_536);
  const rates = Object.entries(READS).map(([name, read]) =>
    measure(`${format}  ${name}`, () => {
      sink.batch = [];
      sink.arrival = { receivedAt: Date.now(), remote: '127.0.0.1', settings };
      framer.feed(chunk, sink);
      for (const event of sink.batch) sum += read(event);
      return sink.batch.length;
    }),
  );
  const year = new Date().getUTCFullYear();
  const regex = measure(`${format}  by regular expressions, everything`, () => {
    const lines = chunk.toString().split('\n');
    lines.pop();
    for (const one of lines) sum += READS['level, message of those that pass'](byRegex(one, year));
    return lines.length;
  });
  const [, filtered] = rates;
  console.log(`${format}  filtered by level: ${(filtered / regex).toFixed(1)} times the regular expressions`);
  console.log(`${format}  everything: ${(rates.at(-1) / regex).toFixed(1)} times`);
}
if (sum < 0) console.log(sum);
