import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Event } from '../../src/component/event.ts';
import { event } from './fakes.ts';

/** Compares `text` with test/golden/`name`; UPDATE_GOLDEN=1 writes it instead, for a reviewer to read in the diff. */
export function expectGolden(name: string, text: string): void {
  const file = fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
  if (process.env['UPDATE_GOLDEN']) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(existsSync(file), `${file} exists: make it with UPDATE_GOLDEN=1`).toBe(true);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

/** JSON as a person reads it, with a final newline. */
export function pretty(json: string): string {
  return `${JSON.stringify(JSON.parse(json), null, 2)}\n`;
}

/** Events that a golden payload shows: the documented example, one from syslog, and one that means harm. */
export function goldenEvents(): Event[] {
  return [
    event({
      eventId: '0f6ab1c2-0000-4000-8000-000000000001',
      eventType: 'threshold_breach',
      level: 'error',
      source: 'cpu_monitor',
      title: 'High CPU Usage',
      message: 'CPU usage has exceeded 90% for 5 minutes',
      metadata: { cpu_percent: 92.5, duration: 300 },
      tags: ['performance', 'cpu', 'production'],
    }),
    event({
      eventId: '0f6ab1c2-0000-4000-8000-000000000002',
      eventType: 'security_event',
      level: 'critical',
      source: 'sshd',
      title: 'fatal: Access denied for user root',
      message: 'fatal: Access denied for user root\nby PAM account configuration [preauth]',
      metadata: {
        facility: 'authpriv',
        severity: 'alert',
        hostname: 'web-1',
        appname: 'sshd',
        procid: '4711',
        structured_data: { 'origin@1': { ip: '192.0.2.1' } },
        remote: '192.0.2.1:40000',
      },
    }),
    event({
      eventId: '0f6ab1c2-0000-4000-8000-000000000003',
      level: 'warning',
      source: '@everyone',
      title: '<!channel> **bold** [link](http://192.0.2.9/) <b>x</b>',
      message: '"}\n{"delete":{"_index":"logs"}}\n@here `code` ||spoiler||',
      metadata: { 'key with "quotes"\n': '</b>\u001b[31m', nested: { deep: [1, 2, { three: 3 }] } },
    }),
  ];
}
