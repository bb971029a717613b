import { describe, expect, test } from 'vitest';
import { checkFieldPath, fieldReader, isFieldPath } from '../../src/lib/field-path.ts';
import { event } from '../support/fakes.ts';

describe('fieldReader', () => {
  const sample = event({
    eventId: 'id-1',
    timestamp: 5,
    eventType: 'security_event',
    level: 'error',
    source: 'nginx',
    title: 'a title',
    message: 'a message',
    tags: ['x'],
    metadata: {
      hostname: 'web1',
      a: { b: { c: 1 } },
      'service.name': 'shop',
      resource: { 'host.name': 'h' },
      list: ['first'],
    },
  });

  test.for([
    ['event_id', 'id-1'],
    ['timestamp', 5],
    ['event_type', 'security_event'],
    ['level', 'error'],
    ['source', 'nginx'],
    ['title', 'a title'],
    ['message', 'a message'],
    ['tags', ['x']],
    ['metadata.hostname', 'web1'],
    ['hostname', 'web1'],
    ['metadata.a.b.c', 1],
    ['a.b.c', 1],
    ['metadata.service.name', 'shop'],
    ['metadata.resource.host.name', 'h'],
    ['metadata.list.0', 'first'],
    ['metadata.missing', undefined],
    ['metadata.a.missing.c', undefined],
    ['metadata.hostname.length', undefined],
    ['metadata.constructor', undefined],
    ['metadata.a.constructor', undefined],
    ['metadata.__proto__', undefined],
    ['toString', undefined],
  ] as const)('reads %s', ([path, value]) => {
    expect(fieldReader(path)(sample)).toEqual(value);
  });

  test('decodes no field but its own', () => {
    const lazy = Object.defineProperty(event(), 'message', {
      get: () => {
        throw new Error('decoded');
      },
    });
    expect(fieldReader('source')(lazy)).toBe('test');
  });
});

describe('checkFieldPath', () => {
  test.for([
    'source',
    'metadata.hostname',
    'hostname',
    'metadata.structured_data.id@32473.ip',
    'größe',
    'a-b',
    'k8s/pod',
  ])('takes %s', (path) => {
    expect(checkFieldPath(path)).toBeUndefined();
    expect(isFieldPath(path)).toBe(true);
  });

  test.for([
    ['', undefined, /empty/],
    ['metadata', undefined, /name a key/],
    ['metadata.', 8, /missing beside a dot/],
    ['.a', 0, /missing beside a dot/],
    ['metadata..a', 8, /missing beside a dot/],
    ['host name', 4, /" "/],
    ['metadata["a"]', 8, /"\["/],
    ['source.name', 6, /source has no fields below it/],
  ] as const)('refuses "%s"', ([path, offset, message]) => {
    const problem = checkFieldPath(path);
    expect(problem?.message).toMatch(message);
    expect(problem?.offset).toBe(offset);
  });
});
