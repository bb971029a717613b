/**
 * journald: reads the systemd journal, through journalctl.
 *
 * An operator asks: is anything missed or repeated over a restart? No: the place in the journal up
 * to which everything is safe is kept in the storage directory, and reading goes on from there. A
 * journal that is rotated away meanwhile is looked for by its time.
 */
import { defineReceiver } from '../../component/component.ts';
import { readEntry } from './entry.ts';
import { JournaldReceiver } from './receiver.ts';

export default defineReceiver({
  type: 'journald',
  stability: 'beta',
  summary: 'Reads the systemd journal of this machine, through journalctl.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: [],
    properties: {
      start_at: {
        type: 'string',
        enum: ['end', 'beginning'],
        default: 'end',
        description: 'Where to begin the first time; later the place is known.',
      },
      units: {
        type: 'array',
        orOne: true,
        items: { type: 'string', minLength: 1 },
        default: [],
        description: 'Only entries of these units, patterns such as `nginx*` included. Default: of all.',
        examples: [['nginx.service', 'sshd.service']],
      },
      identifiers: {
        type: 'array',
        orOne: true,
        items: { type: 'string', minLength: 1 },
        default: [],
        description: 'Only entries with these syslog identifiers. Default: with any.',
        examples: ['sudo'],
      },
      priority: {
        type: 'string',
        enum: ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'],
        description: 'Only entries as grave as this or graver.',
      },
      directory: {
        type: 'string',
        minLength: 1,
        description: "Reads the journal in this folder instead of the machine's own.",
        examples: ['/var/log/journal/remote'],
      },
      command: {
        type: 'array',
        orOne: true,
        minItems: 1,
        items: { type: 'string', minLength: 1 },
        default: ['journalctl'],
        description: 'What is run, with arguments that come before those of the receiver.',
        examples: [['/usr/bin/journalctl', '--merge']],
      },
      max_line_size: {
        type: 'number',
        format: 'size',
        default: 1_048_576,
        minimum: 4_096,
        maximum: 67_108_864,
        description: 'Longest entry, as JSON; a longer one is cut there and flagged with `parse_error`.',
      },
    },
  },
  example: { units: ['nginx.service', 'sshd.service'], priority: 'info' },
  samples: [
    {
      options: {},
      received:
        '{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1768478400500000","PRIORITY":"3","SYSLOG_IDENTIFIER":"sshd","_PID":"4321","_HOSTNAME":"web1","_SYSTEMD_UNIT":"ssh.service","MESSAGE":"Connection lost"}\n',
      after: {
        timestamp: '2026-01-15T12:00:00.500Z',
        level: 'error',
        source: 'sshd',
        message: 'Connection lost',
        metadata: { hostname: 'web1', procid: '4321', severity: 'err' },
      },
    },
  ],
  create: (config, context, sink) => new JournaldReceiver(config, context, sink),
  decode(_config, { clock }, bytes) {
    const lines = bytes.toString('utf8').split('\n');
    const events = lines.filter((line) => line !== '').map((line) => readEntry(line, clock.now()).event);
    return { format: 'journal entries as JSON', events };
  },
});
