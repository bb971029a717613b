import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newMetadata } from '../../src/component/event.ts';
import { conditionOf } from '../../src/expression/expression.ts';
import { LineEvent } from '../../src/lib/lines/line-event.ts';
import { event } from '../support/fakes.ts';

test.for([
  ['message.contains("a")', ['a']],
  ['message.startsWith("a") || message.endsWith("b")', ['a', 'b']],
  ['message == "a"', ['a']],
  ['"a" == message', ['a']],
  ['message.matches("user")', ['user']],
  ['level >= warning && message.contains("a")', ['a']],
  ['message.contains("a") && message.contains("long")', ['long']],
  ['(message.contains("a") || message.contains("b")) && message.contains("c")', ['c']],
  ['message.contains("a") || level >= warning', undefined],
  ['!message.contains("a")', undefined],
  ['message.matches("abc|bcd")', ['abc', 'bcd']],
  ['message.matches("a|b")', undefined],
  ['message.matches("user=\\\\w+ failed")', [' failed']],
  ['metadata.user.matches("a|b")', undefined],
  ['message.matches("(?i)user")', undefined],
  ['message != "a"', undefined],
  ['message.contains("")', undefined],
  ['title.contains("a")', undefined],
  ['message.contains(source)', undefined],
  ['cel.bind(message, source, message.contains("a"))', undefined],
] as const)('%s needs %j', ([text, needles]) => {
  expect(conditionOf(text).needles).toEqual(needles);
});

test('a condition is never true of a message that has none of its needles', () => {
  const word = fc.constantFrom('a', 'b', 'ab', 'é', 'abab|bbb', 'aab?', '[ab]aaa', '(?i)aaa');
  const leaf = fc
    .tuple(fc.constantFrom('contains', 'startsWith', 'endsWith', 'matches'), word)
    .map(([method, text]) => `message.${method}("${text}")`);
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      word.map((text) => `message == "${text}"`),
      fc.constant('level >= warning'),
      tie('tree').map((part) => `!(${part})`),
      fc.tuple(tie('tree'), fc.constantFrom('&&', '||'), tie('tree')).map(([a, how, b]) => `(${a} ${how} ${b})`),
    ),
  }));
  fc.assert(
    fc.property(tree, fc.array(fc.constantFrom('a', 'b', 'é', 'c'), { maxLength: 4 }), (text, characters) => {
      const message = characters.join('');
      const { holds, needles } = conditionOf(text);
      if (needles && !needles.some((needle) => message.includes(needle)))
        expect(holds(event({ message, level: 'error' }))).toBe(false);
    }),
  );
});

test('a needle that a decoded line has is in its bytes, whatever they are', () => {
  const piece = fc.oneof(
    fc.constantFrom('a', 'é', 'あ', '😀', '\ufeff').map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(piece), fc.nat(), fc.nat(), (pieces, from, length) => {
      const bytes = Buffer.concat(pieces);
      const origin = { path: undefined, source: 'x', readAt: 0, metadata: newMetadata() };
      const { message } = new LineEvent(bytes, 0, bytes.length, origin, undefined, false);
      const start = from % (message.length + 1);
      const needle = message.slice(start, start + (length % 4) + 1);
      if (needle === '' || !Buffer.from(needle).equals(Buffer.from(Buffer.from(needle).toString()))) return;
      if (needle.includes('\ufffd') || Buffer.from(needle).toString() !== needle) return;
      expect(bytes.includes(Buffer.from(needle))).toBe(true);
    }),
  );
});
