import { event } from './fakes.ts';

/** Events as they come in practice and at the worst, for layouts that people read. */
export const diskLow = event({
  eventId: '0b9a1f6e-6c1f-4f43-9d5e-2f0a5ad0c001',
  eventType: 'threshold_breach',
  level: 'warning',
  source: 'health_monitor',
  title: 'Disk Space Low',
  message: 'Disk space on /var/log is below 10 %',
  metadata: { disk_usage: 92.5, threshold: 90, available_gb: 4.2, path: '/var/log' },
  tags: ['filesystem', 'production'],
});

export const sshLogin = event({
  eventId: '0b9a1f6e-6c1f-4f43-9d5e-2f0a5ad0c002',
  eventType: 'security_event',
  level: 'info',
  source: 'sshd',
  title: 'Failed password for invalid user admin from 203.0.113.7 port 51022 ssh2',
  message: 'Failed password for invalid user admin from 203.0.113.7 port 51022 ssh2',
  metadata: {
    facility: 'auth',
    severity: 'notice',
    hostname: 'web-1.example.com',
    appname: 'sshd',
    procid: '4711',
    structured_data: { 'exampleSDID@32473': { iut: '3' } },
    remote: '198.51.100.4:51200',
  },
});

export const stackTrace = event({
  eventId: '0b9a1f6e-6c1f-4f43-9d5e-2f0a5ad0c003',
  eventType: 'critical_error',
  level: 'critical',
  source: 'payments',
  title: 'Unhandled exception: cannot read properties of undefined (reading ‘total’)',
  message:
    "TypeError: Cannot read properties of undefined (reading 'total')\n    at checkout (/srv/app/checkout.js:41:17)\n    at async handle (/srv/app/server.js:12:5)\n\n  context: { cart: <none>, user: 'a & b' }",
  metadata: {
    error_type: 'TypeError',
    request: { id: 'req-81f2', method: 'POST', path: '/v1/checkout' },
    instances: ['a', 'b'],
    retry: false,
    note: null,
  },
  tags: ['production', 'payments'],
});

export const hostile = event({
  eventId: '0b9a1f6e-6c1f-4f43-9d5e-2f0a5ad0c004',
  level: 'error',
  source: '<!here>',
  title: '<!channel> "quoted" <b>bold</b>\r\nBcc: eve@example.com',
  message: '<script>alert(1)</script> ```code``` @everyone \u001b[31mred\u0000 \u202egnp.exe',
  metadata: { '<img src=x>': '"><svg onload=alert(1)>', __proto: 'x' },
  tags: ['<@U1>', 'a b'],
});

export const huge = event({
  title: '&'.repeat(10_000),
  message: '<🦊'.repeat(50_000),
  source: 's'.repeat(10_000),
  metadata: Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`key_${index}_${'k'.repeat(500)}`, '&'.repeat(5_000)]),
  ),
  tags: Array.from({ length: 200 }, (_, index) => `tag-${index}-${'t'.repeat(100)}`),
});
