import { expect, test } from 'vitest';
import { valueExpressions } from '../../src/expression/over-values.ts';

const compile = valueExpressions(['body', 'item']);
const value = (text: string, body: unknown, item?: unknown): unknown => compile(text)({ body, item });

test.each([
  ['body.name', { name: 'x' }, 'x'],
  ['body.a.b[1]', { a: { b: [1, 2] } }, 2],
  ['body["a-b"] + "!"', { 'a-b': 'x' }, 'x!'],
  ['body.missing.deeper', {}, undefined],
  ['"Alert: " + body.missing', {}, undefined],
  ['has(body.missing) ? body.missing : "none"', {}, 'none'],
  ['body.status == "firing" ? error : info', { status: 'firing' }, 'error'],
  ['body.list.map(one, one.n)', { list: [{ n: 1 }, { n: 2 }] }, [1, 2]],
  ['body.list.exists(body, body == 2)', { list: [1, 2] }, true],
  ['body.n >= 500 && body.n < 600', { n: 503 }, true],
  ['body.constructor', {}, undefined],
])('%s of %j', (text, body, expected) => {
  expect(value(text, body)).toEqual(expected);
});

test('names are those that were given, and the levels', () => {
  expect(value('item', 1, 2)).toBe(2);
  expect(() => compile('boby.name', ['title'])).toThrow(
    expect.objectContaining({ name: 'ConfigError', place: expect.objectContaining({ path: ['title'], offset: 0 }) }),
  );
  expect(() => compile('message')).toThrow('the names are body, item');
});

test('two expressions, and two calls, do not see each other’s values', () => {
  const first = compile('body.a');
  const second = compile('item.a');
  expect([first({ body: { a: 1 }, item: { a: 2 } }), second({ body: { a: 3 }, item: { a: 4 } })]).toEqual([1, 4]);
  expect(first({ body: undefined, item: undefined })).toBeUndefined();
});
