import { expect, test } from 'vitest';
import { conditionOf } from '../../src/expression/expression.ts';
import { SyslogEvent } from '../../src/lib/syslog/event.ts';
import { Zone } from '../../src/lib/syslog/zone.ts';

const settings = { format: 'auto', zone: new Zone() } as const;

function received(text: string): SyslogEvent {
  // Not at the start of the chunk, nor at its end.
  const bytes = Buffer.from(`before${text}after`);
  return new SyslogEvent(bytes, 6, bytes.length - 5, { receivedAt: 0, remote: undefined, settings });
}

const HEADER = '<13>Oct 11 22:14:15 web app[7]: ';

test.for([
  ['user=bob failed', '^user=\\\\w+ failed$', true],
  ['user=bob failed', 'user=(alice|bob)', true],
  ['user=bob failed', 'web|app', false],
  ['user=bob failed', 'after', false],
  ['user=björn failed', '^user=\\\\w+ failed$', false],
  ['user=björn failed', '^user=bj.rn failed$', true],
  ['user=björn failed', 'björn|alice', true],
  ['', '^$', true],
] as const)('%j, looked at as it was received, matches %j: %s', ([text, pattern, holds]) => {
  const condition = conditionOf(`message.matches("${pattern}")`);
  const event = received(HEADER + text);
  expect(condition.holds(event)).toBe(holds);
  expect(event.message).toBe(text);
  expect(condition.holds(event)).toBe(holds);
});

test('what was assigned is matched, not what was received', () => {
  const { holds } = conditionOf('message.matches("secret=\\\\w+")');
  const event = received(`${HEADER}secret=abc`);
  expect(holds(event)).toBe(true);
  event.message = 'secret=***';
  expect(holds(event)).toBe(false);
  expect(holds(event.copy())).toBe(false);
});

test('a message is matched wherever it has been moved to, and whatever was made of the rest', () => {
  const { holds } = conditionOf('message.matches("^x+$")');
  const event = received(`${HEADER}xxx`);
  void event.metadata;
  event.detach();
  expect(holds(event)).toBe(true);
  event.source = 'other';
  event.metadata = {};
  expect(holds(event)).toBe(true);
  expect(holds(event.copy())).toBe(true);
});
