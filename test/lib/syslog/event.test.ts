import { describe, expect, test } from 'vitest';
import { copyEvent, sizeOf } from '../../../src/component/event.ts';
import { type SyslogSettings, SyslogEvent } from '../../../src/lib/syslog/event.ts';
import { Zone } from '../../../src/lib/syslog/zone.ts';

const NOW = Date.UTC(2026, 0, 15, 12);

function read(text: string | Buffer, settings: Partial<SyslogSettings> = {}, receivedAt = NOW): SyslogEvent {
  const bytes = Buffer.from(text);
  return new SyslogEvent(bytes, 0, bytes.length, {
    receivedAt,
    remote: '192.0.2.1',
    settings: { format: 'auto', zone: new Zone('UTC'), ...settings },
  });
}

const fields = (text: string): object => {
  const event = read(text);
  const rest: Record<string, unknown> = { ...event.metadata, message: event.message };
  for (const key of ['facility', 'severity', 'remote', 'year_inferred']) delete rest[key];
  return rest;
};

describe('devices', () => {
  test.each<[string, string, object]>([
    [
      'Cisco IOS',
      '<189>29: foo: *Apr 29 13:58:40.411: %SYS-5-CONFIG_I: Configured',
      { sequence_id: '29', hostname: 'foo', appname: '%SYS-5-CONFIG_I', message: 'Configured' },
    ],
    [
      'Cisco IOS without a clock',
      '<189>29: %SYS-5-CONFIG_I: Configured',
      { sequence_id: '29', appname: '%SYS-5-CONFIG_I', message: 'Configured' },
    ],
    [
      'Cisco IOS XR',
      '<187>1: RP/0/RP0/CPU0:Dec 11 12:43:29.227 EST: snmpd[1002]: %SNMP-3-AUTH : no',
      { sequence_id: '1', hostname: 'RP/0/RP0/CPU0', appname: 'snmpd', procid: '1002', message: '%SNMP-3-AUTH : no' },
    ],
    [
      'Cisco ASA',
      '<166>Jan 10 2026 21:28:13: %ASA-6-302014: Teardown',
      { appname: '%ASA-6-302014', message: 'Teardown' },
    ],
    [
      'Cisco FTD',
      '<166>2026-01-10T15:31:53Z fw1 : %FTD-6-305012: Teardown',
      { hostname: 'fw1', appname: '%FTD-6-305012', message: 'Teardown' },
    ],
    [
      'Fortinet',
      '<189>date=2026-01-10 time=10:11:12 devname="fw: 1" msg="a"',
      { message: 'date=2026-01-10 time=10:11:12 devname="fw: 1" msg="a"' },
    ],
    [
      'Cisco with a lone colon',
      '<189>: *Jan 10 10:11:12: %SYS-5-CONFIG_I: by console',
      { appname: '%SYS-5-CONFIG_I', message: 'by console' },
    ],
    [
      'Cisco whose time is how long it has been up',
      '<189>45: 1w2d: %SYS-5-CONFIG_I: by console',
      { sequence_id: '45', appname: '%SYS-5-CONFIG_I', message: 'by console' },
    ],
    [
      'Cisco that numbers twice, with its name',
      '<189>45: sw1: 46: *Jan 10 10:11:12.123: %SYS-5-CONFIG_I: by console',
      { sequence_id: '45', hostname: 'sw1', appname: '%SYS-5-CONFIG_I', message: 'by console' },
    ],
    [
      'Cisco through a relay',
      '<189>Jan 10 10:11:13 192.0.2.1 45: *Jan 10 10:11:12: %SYS-5-CONFIG_I: by console',
      { hostname: '192.0.2.1', sequence_id: '45', appname: '%SYS-5-CONFIG_I', message: 'by console' },
    ],
    [
      'Cisco ASA with its name',
      '<166>Jan 10 2026 10:11:12 fw: %ASA-6-302013: Built',
      { hostname: 'fw', appname: '%ASA-6-302013', message: 'Built' },
    ],
    [
      'Cisco ASA in the EMBLEM format',
      '<166>:Jan 10 10:11:12 UTC: %ASA-session-6-302013: Built',
      { appname: '%ASA-session-6-302013', message: 'Built' },
    ],
    [
      'an IPv6 address that begins like a year',
      '<13>Jan 10 10:11:12 2001:db8::4 app: hello',
      { hostname: '2001:db8::4', appname: 'app', message: 'hello' },
    ],
    [
      'an IPv6 address and a colon',
      '<13>Jan 10 10:11:12 2001:db8::4: hello',
      { hostname: '2001:db8::4', message: 'hello' },
    ],
    [
      'Cisco Nexus',
      '<189>: 2026 Jan 10 10:11:12 UTC: %ETHPORT-5-IF_UP: up',
      { appname: '%ETHPORT-5-IF_UP', message: 'up' },
    ],
    [
      'Cisco Nexus with its name',
      '<189>switch: 2026 Jan 10 10:11:12 UTC: %ETHPORT-5-IF_UP: up',
      { hostname: 'switch', appname: '%ETHPORT-5-IF_UP', message: 'up' },
    ],
    [
      'Meraki',
      '<134>1 1563249630.774247467 appliance security_event ids_alerted signature=1',
      {
        hostname: 'appliance',
        appname: 'security_event',
        procid: 'ids_alerted',
        message: 'signature=1',
        parse_error: 'the time stamp is not one of RFC 5424',
        raw: '<134>1 1563249630.774247467 appliance security_event ids_alerted signature=1',
      },
    ],
    [
      'Snare',
      '<13>Jan 10 10:11:12 WIN1 MSWinEventLog\t1\tSecurity\t42',
      { hostname: 'WIN1', message: 'MSWinEventLog\t1\tSecurity\t42' },
    ],
    [
      'NXLog',
      '<14>1 2026-01-10T10:11:12.678901+01:00 WIN1 Security-Auditing 624 - [NXLOG@14506 EventID="4624"] Logon',
      {
        hostname: 'WIN1',
        appname: 'Security-Auditing',
        procid: '624',
        structured_data: { 'NXLOG@14506': { EventID: '4624' } },
        message: 'Logon',
      },
    ],
    [
      'Palo Alto',
      '<14>Jan 10 00:00:00 PA-VM 1,2026/01/10 00:00:00,0011C1,TRAFFIC',
      { hostname: 'PA-VM', message: '1,2026/01/10 00:00:00,0011C1,TRAFFIC' },
    ],
    [
      'a zone name before the host name',
      '<13>Jan 10 10:11:12 CEST web1 app[7]: hello',
      { hostname: 'web1', appname: 'app', procid: '7', message: 'hello' },
    ],
    [
      'a host that is called like a zone',
      '<13>Jan 10 10:11:12 CEST app: hello',
      { hostname: 'CEST', appname: 'app', message: 'hello' },
    ],
    [
      'VMware',
      '<14>2026-01-10T00:00:01.123Z esx1 Hostd: verbose hostd[8148] [Originator@6876 sub=Hostsvc] x',
      { hostname: 'esx1', appname: 'Hostd', message: 'verbose hostd[8148] [Originator@6876 sub=Hostsvc] x' },
    ],
    [
      'VMware with RFC 5424',
      '<14>1 2026-01-10T00:00:01Z esx1 Hostd 8 - [Originator@6876 sub=Hostsvc.Storage] x',
      {
        hostname: 'esx1',
        appname: 'Hostd',
        procid: '8',
        structured_data: { 'Originator@6876': { sub: 'Hostsvc.Storage' } },
        message: 'x',
      },
    ],
    [
      'Juniper',
      '<28>1 2026-01-10T14:59:09.250-03:00 mx RT:rpd 6589 - - bgp: %DAEMON-4: no',
      { hostname: 'mx', appname: 'RT:rpd', procid: '6589', message: 'bgp: %DAEMON-4: no' },
    ],
    [
      'JSON after a cookie',
      '<13>Jan 10 10:00:00 h app: @cee: {"a":1}',
      { hostname: 'h', appname: 'app', message: '@cee: {"a":1}', cee: { a: 1 } },
    ],
    [
      'JSON after a cookie without a tag',
      '<13>Jan 10 10:00:00 h @cee: {"a":1}',
      { hostname: 'h', message: '@cee: {"a":1}', cee: { a: 1 } },
    ],
    ['JSON', '<13>Jan 10 10:00:00 h {"a": 1}', { hostname: 'h', message: '{"a": 1}' }],
    ['CEF', '<13>Jan 10 10:00:00 h CEF:0|a|b', { hostname: 'h', message: 'CEF:0|a|b' }],
    ['a URL', '<13>Jan 10 10:00:00 h http://x/y', { hostname: 'h', message: 'http://x/y' }],
    [
      'a Perl package',
      '<13>Jan 10 10:00:00 h My::App[7]: x',
      { hostname: 'h', appname: 'My::App', procid: '7', message: 'x' },
    ],
    ['a tag without a time stamp', '<13>myapp: started', { appname: 'myapp', message: 'started' }],
    [
      'an IPv6 host',
      '<13>Jan 10 10:00:00 fe80::1%eth0 app: x',
      { hostname: 'fe80::1%eth0', appname: 'app', message: 'x' },
    ],
    ['no PRI', 'Jan 10 10:00:00 h app: x', { priority_defaulted: true, hostname: 'h', appname: 'app', message: 'x' }],
    ['a byte order mark', '\ufeff<13>Jan 10 10:00:00 h app: \ufeffx', { hostname: 'h', appname: 'app', message: 'x' }],
    [
      'names of the prototype',
      '<13>1 - - - - - [__proto__ a="1" a="2"][toString constructor="x"] x',
      {
        structured_data: JSON.parse('{"__proto__":{"a":["1","2"]},"toString":{"constructor":"x"}}') as object,
        message: 'x',
      },
    ],
  ])('%s', (_, text, expected) => {
    expect(JSON.parse(JSON.stringify(fields(text)))).toEqual(JSON.parse(JSON.stringify(expected)));
  });
});

describe('fields inside the message', () => {
  test('are read from CEF, and the message stays whole', () => {
    const cef = String.raw`CEF:0|Acme|Wall|1.0|100|a \| b|7|src=192.0.2.7 msg=two words\=2 path=C:\\temp\x flag= cs1Label=Rule a==b`;
    for (const header of ['<134>Jan 10 10:11:12 fw1 ', '<134>', '<134>1 2026-01-10T10:11:12Z fw1 - - - - ']) {
      const { message, metadata } = read(header + cef);
      expect(message).toBe(cef);
      expect(metadata['cef']).toEqual({
        vendor: 'Acme',
        product: 'Wall',
        version: '1.0',
        signature_id: '100',
        name: 'a | b',
        severity: '7',
        extension: {
          src: '192.0.2.7',
          msg: 'two words=2',
          path: String.raw`C:\temp\x`,
          flag: '',
          cs1Label: 'Rule',
          a: '=b',
        },
      });
    }
    expect(read('<134>Jan 10 10:11:12 fw1 CEF: 0|A|B|1|2|n|3|k=v').metadata['cef']).toMatchObject({ vendor: 'A' });
  });

  test.each([
    ['LEEF:1.0|Acme|Wall|1.0|7|src=192.0.2.7\tmsg=two words', { src: '192.0.2.7', msg: 'two words' }],
    ['LEEF:2.0|Acme|Wall|1.0|7|^|src=192.0.2.7^msg=two words', { src: '192.0.2.7', msg: 'two words' }],
    ['LEEF:2.0|Acme|Wall|1.0|7|x5E|src=192.0.2.7^msg=two', { src: '192.0.2.7', msg: 'two' }],
    ['LEEF:2.0|Acme|Wall|1.0|7||src=192.0.2.7\tmsg=two', { src: '192.0.2.7', msg: 'two' }],
  ])('are read from %s', (leef, attributes) => {
    const { message, metadata } = read(`<134>Jan 10 10:11:12 fw1 ${leef}`);
    expect(message).toBe(leef);
    expect(metadata['leef']).toEqual({ vendor: 'Acme', product: 'Wall', version: '1.0', event_id: '7', attributes });
  });

  test('are read from JSON after @cee:', () => {
    expect(read('<13>Jan 10 10:11:12 h app: @cee: {"user":{"id":7},"__proto__":1}').metadata['cee']).toEqual({
      user: { id: 7 },
      ['__proto__']: 1,
    });
  });

  test.each(['@cee: [1]', '@cee: {', `@cee:${'['.repeat(60_000)}`, 'CEF:0|only|four|parts', 'CEF:x', 'LEEF:', 'CEF:'])(
    'are left alone in %.20s',
    (message) => {
      const { metadata } = read(`<13>Jan 10 10:11:12 h ${message}`);
      for (const name of ['cef', 'leef', 'cee', 'parse_error']) expect(metadata).not.toHaveProperty(name);
    },
  );
});

describe('what is wrong', () => {
  test.each([
    ['<192>Oct 11 22:14:15 h a: x', 'PRI is not a number from 0 to 191'],
    ['<007>x', 'PRI is not a number from 0 to 191'],
    ['hello', 'no syslog header'],
    ['<13>Jan 32 10:00:00 h a: x', 'the time stamp is not a time that exists'],
    ['<13>Feb 29 10:00:00 h a: x', 'the time stamp is not a day of this year'],
    ['<13>1 2026-01-10T10:00:60Z h a p m - x', 'the time stamp is not one of RFC 5424'],
    ['<13>1 - h a', 'the message ends in its header, at the app name'],
    ['<13>1 - h  p m - x', 'the app name is not a word'],
    ['<13>1 - h a p m [x y] z', 'the structured data is malformed'],
    ['<13>1 - h a p m x', 'there is no structured data, nor a - for none'],
    [`<13>1 - ${'h'.repeat(256)} a p m - x`, 'the host name is longer than 255 bytes'],
    ['<13>1 - h a p m [i a="1"][i a="2"] x', 'the structured data has i twice'],
  ])('is said of %.40s', (text, reason) => {
    const { metadata } = read(text);
    expect(metadata['parse_error']).toBe(reason);
    expect(metadata['raw']).toBe(text);
  });

  test('does not keep what could be read from being read', () => {
    expect(fields('<13>1 2026-01-10 10:00:00 h a p m - x')).toMatchObject({
      hostname: 'h',
      appname: 'a',
      message: 'x',
    });
    expect(fields('<999>Jan 10 10:00:00 h a: x')).toMatchObject({ hostname: 'h', appname: 'a', message: 'x' });
    expect(fields('<13>1 - h a p m [x y] z')).toMatchObject({ hostname: 'h', message: '[x y] z' });
  });

  test('is counted once, copies included', () => {
    let count = 0;
    const event = read('hello', { parseErrors: { add: (more) => (count += more) } });
    const copy = event.copy();
    expect(count).toBe(0);
    void copy.metadata;
    void event.metadata;
    expect(count).toBe(1);
  });
});

describe('time', () => {
  const timeOf = (text: string, zone: string, now: string): string =>
    new Date(read(text, { zone: new Zone(zone) }, Date.parse(now)).timestamp).toISOString();

  test.each([
    ['this year', '<13>Jan 10 10:00:00 h a: x', '2026-01-15T12:00:00Z', '2026-01-10T10:00:00.000Z'],
    ['up to 7 days ahead', '<13>Jan 22 11:59:59 h a: x', '2026-01-15T12:00:00Z', '2026-01-22T11:59:59.000Z'],
    ['the year before', '<13>Jan 22 12:00:01 h a: x', '2026-01-15T12:00:00Z', '2025-01-22T12:00:01.000Z'],
    ['the year before, on New Year', '<13>Dec 31 23:59:59 h a: x', '2026-01-01T00:00:05Z', '2025-12-31T23:59:59.000Z'],
    [
      'the next year, on New Year’s Eve',
      '<13>Jan  1 00:00:01 h a: x',
      '2026-12-31T23:59:58Z',
      '2027-01-01T00:00:01.000Z',
    ],
    ['the leap day before', '<13>Feb 29 10:00:00 h a: x', '2025-01-15T12:00:00Z', '2024-02-29T10:00:00.000Z'],
  ])('a missing year is %s', (_, text, now, expected) => {
    expect(timeOf(text, 'UTC', now)).toBe(expected);
  });

  test.each([
    ['winter', '<13>Jan 10 10:00:00 h a: x', '2026-01-10T09:00:00.000Z'],
    ['summer', '<13>2025-07-10 10:00:00 h a: x', '2025-07-10T08:00:00.000Z'],
    ['the hour that is skipped', '<13>2025-03-30 02:30:00 h a: x', '2025-03-30T01:30:00.000Z'],
    ['the hour that comes twice, the first', '<13>2025-10-26 02:30:00 h a: x', '2025-10-26T00:30:00.000Z'],
    ['just before it', '<13>2025-10-26 01:59:59 h a: x', '2025-10-25T23:59:59.000Z'],
    ['just after it', '<13>2025-10-26 03:00:00 h a: x', '2025-10-26T02:00:00.000Z'],
    ['an offset of its own', '<13>2025-07-10T10:00:00.5+0530 h a: x', '2025-07-10T04:30:00.500Z'],
    ['an offset after the BSD form', '<13>Jan 10 2026 10:00:00+02:00 h a: x', '2026-01-10T08:00:00.000Z'],
    ['Z after the BSD form', '<13>Jan 10 2026 10:00:00Z h a: x', '2026-01-10T10:00:00.000Z'],
    ['a zone name before the host', '<13>Jul 10 2025 10:00:00 EST h a: x', '2025-07-10T15:00:00.000Z'],
    ['CEST', '<13>1: Jul 10 2025 10:00:00.5 CEST: %A-1-B: x', '2025-07-10T08:00:00.500Z'],
    ['a name with several meanings', '<13>1: Jul 10 2025 10:00:00 IST: %A-1-B: x', '2025-07-10T08:00:00.000Z'],
    ['Fortinet', '<13>date=2025-07-10 time=10:00:00 devname="a" tz="-0330" x=y', '2025-07-10T13:30:00.000Z'],
    ['Fortinet without a zone', '<13>date=2025-07-10 time=10:00:00 devname=a', '2025-07-10T08:00:00.000Z'],
    ['seconds since 1970', '<13>1 1563249630.774247467 h a p m - x', '2019-07-16T04:00:30.774Z'],
    ['a year in front', '<13>2025 Jul 10 10:00:00 h a: x', '2025-07-10T08:00:00.000Z'],
    ['a leap second', '<13>2016-12-31T23:59:60Z h a: x', '2017-01-01T00:00:00.000Z'],
    ['a year long ago', '<13>1 0001-01-01T00:00:00Z h a p m - x', '0001-01-01T00:00:00.000Z'],
    [
      'a device, rather than its relay',
      '<13>Jul 10 2025 10:00:09 h 45: *Jul 10 2025 10:00:07: %A-1-B: x',
      '2025-07-10T08:00:07.000Z',
    ],
    ['a zone name of its own', '<13>1: Jan 10 2026 10:00:00 EST: %A-1-B: x', '2026-01-10T15:00:00.000Z'],
  ])('of a time zone: %s', (_, text, expected) => {
    expect(timeOf(text, 'Europe/Berlin', '2026-01-15T12:00:00Z')).toBe(expected);
  });

  test.each([
    ['<13>2016-12-31T23:59:60Z h a: x', 'the time stamp has a leap second'],
    ['<13>1 2016-12-31T23:59:60Z h a - - - x', 'the time stamp has a leap second'],
    ['<13>2025-02-30T10:00:00Z h a: x', 'the time stamp is not a time that exists'],
    ['<13>Jan 10 25:59:60 h a: x', 'the time stamp is not a time that exists'],
    ['<13>2025-01-10T10:61:00Z h a: x', 'the time stamp is not a time that exists'],
    ['<13>125 2013', 'the time stamp is not one of RFC 5424'],
    ['<13>12 -- - - - -', 'the time stamp is not one of RFC 5424'],
  ])('in %s is flagged', (text, error) => {
    expect(read(text).metadata).toMatchObject({ parse_error: error, raw: text });
  });

  test.each(['<13>12 monkeys', '<13>3 4 5', '<13>42 3 things', '<13>7 -x'])('is not looked for in %s', (text) => {
    expect(read(text)).toMatchObject({ message: text.slice(4), timestamp: NOW });
    expect(read(text).metadata).not.toHaveProperty('parse_error');
  });

  test('without a time zone is the process’s', () => {
    const event = read('<13>2025-07-10 10:00:00 h a: x', { zone: new Zone() });
    expect(event.timestamp).toBe(new Date(2025, 6, 10, 10).getTime());
  });

  test('is when it was received where there is none', () => {
    expect(read('<13>hello').timestamp).toBe(NOW);
  });
});

describe('the event', () => {
  test('takes its source from the tag, else the host, else the sender', () => {
    expect(read('<13>Jan 10 10:00:00 h a: x').source).toBe('a');
    expect(read('<13>Jan 10 10:00:00 h x y').source).toBe('h');
    expect(read('<13>x y').source).toBe('192.0.2.1');
  });

  test.each([
    [2, 'critical', 'critical_error'],
    [35, 'error', 'security_event'],
    [86, 'info', 'security_event'],
    [12, 'warning', 'custom'],
    [191, 'debug', 'custom'],
  ])('of PRI %i is %s and a %s', (pri, level, eventType) => {
    expect(read(`<${pri}>x`)).toMatchObject({ level, eventType });
  });

  test('lets every field be overridden', () => {
    const event = read('<13>Jan 10 10:00:00 h a: first\nsecond');
    event.message = 'other';
    event.level = 'critical';
    event.source = 'me';
    event.tags = ['t'];
    expect(event).toMatchObject({ title: 'first', message: 'other', level: 'critical', source: 'me', tags: ['t'] });
    expect(event.metadata['severity']).toBe('notice');
  });

  test('is copied without the copy sharing what is edited', () => {
    const event = read('<13>Jan 10 10:00:00 h a: x');
    const copy = copyEvent(event);
    copy.metadata['site'] = 'fra1';
    copy.tags.push('t');
    copy.title = 'other';
    expect(copy.eventId).toBe(event.eventId);
    expect(event.metadata).not.toHaveProperty('site');
    expect(event).toMatchObject({ tags: [], title: 'x' });
  });

  test('when detached holds only its own line', () => {
    const bytes = Buffer.from(`${'x'.repeat(60_000)}<13>Jan 10 10:00:00 h a: message${'x'.repeat(60_000)}`);
    const event = new SyslogEvent(bytes, 60_000, 60_000 + 32, {
      receivedAt: NOW,
      remote: undefined,
      settings: { format: 'auto', zone: new Zone('UTC') },
    });
    event.detach();
    expect(event.bytes.toString('utf8', event.start, event.end)).toBe('<13>Jan 10 10:00:00 h a: message');
    expect(event.bytes.buffer.byteLength).toBeLessThan(20_000);
    expect(sizeOf(event)).toBe(32 + 64);
  });

  test.for(['Jan 31', 'Feb 28', 'Nov 30', 'Dec  1'])(
    'of %s, a day of every year, tells parts of its header where they lie',
    (day) => {
      const span = read(`<13>${day} 10:00:00 web a: m`).spanOf('metadata.hostname');
      expect(span?.bytes.toString('utf8', span.start, span.end)).toBe('web');
    },
  );

  test.for(['Feb 29', 'Nov 31', 'Feb 30'])(
    'of %s, a day that a year may lack, has its metadata read for the fault',
    (day) => {
      expect(read(`<13>${day} 10:00:00 web a: m`).spanOf('metadata.hostname')).toBeUndefined();
    },
  );

  test('leaves the line ends and NULs that trail a message out', () => {
    const { start, end } = read('<13>x\r\n\0');
    expect([start, end]).toEqual([0, 5]);
  });

  test('is no longer what was received once its message is edited, nor is a copy', () => {
    const event = read('<13>Jan 10 10:00:00 web1 app: secret');
    const before = copyEvent(event);
    event.message = 'hidden';
    const after = copyEvent(event);
    expect(before.received).toBeDefined();
    expect(event.received).toBeUndefined();
    expect(after.received).toBeUndefined();
    expect(after).toMatchObject({ title: 'secret', message: 'hidden', source: 'app', metadata: { hostname: 'web1' } });
  });

  test('whose message is edited keeps no more than its line', () => {
    const line = '<13>Jan 10 10:00:00 web1 app: text';
    const bytes = Buffer.from(`${'x'.repeat(60_000)}${line}`);
    const event = new SyslogEvent(bytes, 60_000, bytes.length, {
      receivedAt: NOW,
      remote: undefined,
      settings: { format: 'auto', zone: new Zone('UTC') },
    });
    event.message = 'other';
    expect(event.bytes.buffer.byteLength).toBeLessThan(20_000);
    expect(event.metadata).toMatchObject({ hostname: 'web1', appname: 'app' });
  });
});
