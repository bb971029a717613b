import { describe, expect, test } from 'vitest';
import { copyEvent } from '../../src/component/event.ts';
import { checkWritablePath, objectionToValue, removeField, setField } from '../../src/lib/field-write.ts';
import { event } from '../support/fakes.ts';

describe('setField', () => {
  test('writes own fields by their names, and other names into the metadata', () => {
    const edited = event();
    expect(setField(edited, 'level', 'critical')).toBe(true);
    expect(setField(edited, 'event_type', 'custom_thing')).toBe(true);
    expect(setField(edited, 'timestamp', '2026-01-15T12:00:00Z')).toBe(true);
    expect(setField(edited, 'tags', ['a', 'b'])).toBe(true);
    expect(setField(edited, 'title', 42)).toBe(true);
    expect(setField(edited, 'site', 'fra1')).toBe(true);
    expect(setField(edited, 'metadata.rack.row', 7)).toBe(true);
    expect(edited).toMatchObject({
      level: 'critical',
      eventType: 'custom_thing',
      timestamp: Date.UTC(2026, 0, 15, 12),
      tags: ['a', 'b'],
      title: '42',
      metadata: { site: 'fra1', rack: { row: 7 } },
    });
  });

  test.for([
    ['level', 'loud'],
    ['event_type', 'Not A Word'],
    ['timestamp', 'yesterday'],
    ['tags', [1]],
    ['source', null],
    ['event_id', 'other'],
  ] as const)('leaves %s as it was rather than write %j', ([path, value]) => {
    const edited = event();
    expect(setField(edited, path, value)).toBe(false);
    expect(edited).toEqual(event());
    if (path !== 'event_id') expect(objectionToValue(path, value)).toMatch(path);
  });

  test('copies what copies of the event share', () => {
    const original = event({ metadata: { a: { b: { c: 1 }, kept: {} }, list: [{ x: 1 }] } });
    const copy = copyEvent(original);
    setField(copy, 'metadata.a.b.c', 2);
    setField(copy, 'metadata.list.0.x', 2);
    removeField(copy, 'metadata.a.kept');
    expect(original.metadata).toEqual({ a: { b: { c: 1 }, kept: {} }, list: [{ x: 1 }] });
    expect(copy.metadata).toEqual({ a: { b: { c: 2 } }, list: [{ x: 2 }] });
    expect(Array.isArray(copy.metadata['list'])).toBe(true);
  });

  test('takes an existing key with dots for what the path names', () => {
    const edited = event({ metadata: { 'service.name': 'shop' } });
    setField(edited, 'metadata.service.name', 'till');
    expect(edited.metadata).toEqual({ 'service.name': 'till' });
    expect(removeField(edited, 'service.name')).toBe(true);
    expect(edited.metadata).toEqual({});
  });
});

test('an event id is not writable', () => {
  expect(checkWritablePath('event_id')?.message).toMatch(/stays/);
  expect(checkWritablePath('metadata.a')).toBeUndefined();
});

test('removes keys and tags, and says whether there was one', () => {
  const edited = event({ metadata: { a: { b: 1 } }, tags: ['x'] });
  expect(removeField(edited, 'metadata.a.c')).toBe(false);
  expect(removeField(edited, 'metadata.a.b.c')).toBe(false);
  expect(removeField(edited, 'a.b')).toBe(true);
  expect(removeField(edited, 'tags')).toBe(true);
  expect(removeField(edited, 'tags')).toBe(false);
  expect(removeField(edited, 'title')).toBe(false);
  expect(edited).toMatchObject({ metadata: { a: {} }, tags: [], title: 'title' });
});
