// Messages a second through the syslog event and framing, without sockets: `node bench/micro/syslog-parse.mjs [seconds]`.
import { build } from 'esbuild';

const source = `
  export { SyslogEvent } from './src/lib/syslog/event.ts';
  export { Framer } from './src/lib/syslog/framing.ts';
  export { Zone } from './src/lib/syslog/zone.ts';
`;
const { outputFiles } = await build({
  stdin: { contents: source, resolveDir: new URL('../..', import.meta.url).pathname, loader: 'ts' },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  target: 'node20',
});
const { SyslogEvent, Framer, Zone } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
);

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

for (const [format, line] of Object.entries(LINES)) {
  let text = '';
  for (let n = 0; text.length < 65_536 - 300; n += 1) text += line(n);
  const chunk = Buffer.from(text);
  for (const [name, read] of Object.entries(READS)) {
    const sink = {
      batch: [],
      arrival: undefined,
      frame(bytes, start, end) {
        this.batch.push(new SyslogEvent(bytes, start, end, this.arrival));
      },
    };
    const framer = new Framer('auto', 65_536);
    let messages = 0;
    let sum = 0;
    const begin = performance.now();
    while (performance.now() - begin < seconds * 1_000) {
      sink.batch = [];
      sink.arrival = { receivedAt: Date.now(), remote: '127.0.0.1', settings };
      framer.feed(chunk, sink);
      for (const event of sink.batch) sum += read(event);
      messages += sink.batch.length;
    }
    const rate = messages / (performance.now() - begin) / 1_000;
    console.log(`${format}  ${name.padEnd(36)} ${rate.toFixed(2)} M messages/s${sum < 0 ? '!' : ''}`);
  }
}
