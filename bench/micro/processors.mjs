/**
 * Millions of events a second through one processor, without sockets: `node bench/micro/processors.mjs [seconds]`.
 * The first column is of syslog messages that were just received: a field is decoded when the processor reads it.
 * The second is of the processor alone: another has read those fields before.
 */
import { loadSource } from '../../scripts/load-source.mjs';

const { catalog } = await loadSource('src/catalog.ts');
const { SyslogEvent } = await loadSource('src/lib/syslog/event.ts');
const { Zone } = await loadSource('src/lib/syslog/zone.ts');
const { systemClock } = await loadSource('src/lib/clock.ts');

const seconds = Number(process.argv[2] ?? 1);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const context = {
  id: 'bench',
  clock: systemClock,
  log: silent,
  happenings: { announce() {}, listen: () => () => {} },
  counter: () => ({ value: 0, add() {} }),
};
const output = { dropped() {}, failed() {}, emit() {} };

const limit = (by) => ({ max_per_window: 1_000_000_000, window: 60_000, by: [by], summary: false, max_keys: 200_000 });
measure('filter: min_level', 'filter', { min_level: 'warning' });
measure('filter: level and text', 'filter', { when: 'level >= warning && message.contains("result=failed")' });
const matching = (pattern) => ({ when: `metadata.hostname.startsWith("host") && message.matches(r"${pattern}")` });
measure('filter: metadata and regex', 'filter', matching('user=(alice|bob)'));
measure('the same with repeats', 'filter', matching('user=\\w+ action=[a-z]+ result=failed'));
measure('enrich: two values', 'enrich', { set: { site: 'fra1', zone: 'b' } });
measure('enrich: a template', 'enrich', { set: { origin: '{{ metadata.hostname }}/{{ source }}' } });
for (const keys of [10, 1_000, 100_000])
  measure(`ratelimit: ${keys.toLocaleString('en')} keys`, 'ratelimit', limit('metadata.hostname'), keys);

function measure(name, type, options, hosts) {
  const rates = [false, true].map((read) => rateOf(type, options, read, hosts).toFixed(2).padStart(7));
  console.log(`${name.padEnd(28)} ${rates.join(' ')}`);
}

function rateOf(type, options, read, hosts = 16) {
  const processor = catalog.processors.get(type).create(options, context);
  const bytes = Buffer.from(
    Array.from(
      { length: 300 },
      (_, n) =>
        `<${n % 10 === 0 ? 132 : 134}>Nov 23 06:30:29 host000000 sshd[${n}]: user=alice action=login result=failed src=10.0.0.${n}\n`,
    ).join(''),
  );
  const settings = { format: 'rfc3164', zone: new Zone() };
  let events = 0;
  let spentMs = 0;
  const begin = performance.now();
  while (performance.now() - begin < seconds * 1_000) {
    const arrival = { receivedAt: Date.now(), remote: '127.0.0.1', settings };
    const batch = [];
    for (let start = 0; start < bytes.length;) {
      const end = bytes.indexOf(10, start);
      bytes.write(String((events + batch.length) % hosts).padStart(6, '0'), bytes.indexOf('host', start) + 4);
      batch.push(new SyslogEvent(Buffer.from(bytes.subarray(start, end)), 0, end - start, arrival));
      start = end + 1;
    }
    if (read) for (const event of batch) void (event.metadata && event.message);
    events += batch.length;
    const from = performance.now();
    processor.process(batch, output);
    spentMs += performance.now() - from;
  }
  return events / spentMs / 1_000;
}
