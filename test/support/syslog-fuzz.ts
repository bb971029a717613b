/** Messages, of syslog unless others are given, that are damaged at random, the same each time. */

/** What devices and programs send, to be damaged. */
const SAMPLES = [
  "<34>Oct 11 22:14:15 mymachine su[230]: 'su root' failed for lonvick on /dev/pts/8",
  '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 10 ID47 [ex@32473 iut="3" eventSource="App \\"x\\" \\]"][b@1 k="v"] \ufeffAn application event',
  '<189>29: foo: *Apr 29 13:58:40.411 CEST: %SYS-5-CONFIG_I: Configured',
  '<187>switch: 2010 Aug 31 13:15:30 UTC: %ETHPORT-5-IF_UP: up',
  '<189>date=2023-03-05 time=10:00:00 devname="FG100" tz="+0100" msg="a b"',
  '<134>Oct 11 22:14:15 host CEF:0|V|P|1.0|100|n\\|m|10|src=1.1.1.1 msg=hello world dst=2.2.2.2 path=C:\\\\x',
  '<134>Oct 11 22:14:15 host LEEF:2.0|V|P|1.0|100|^|src=1.1.1.1^dst=2',
  '<13>Oct 11 22:14:15 host app[1]: @cee: {"a":{"b":[1,2,"äöü"]}}',
  '<14>2026-01-10T00:00:01.123+01:00 esx1 Hostd: verbose hostd[8148] [Originator@6876 sub=Hostsvc] x',
  '<134>1 1563249630.774247467 appliance security_event ids_alerted signature=1',
  '<13>Jan 10 10:11:12 CEST fe80::1%eth0 app: 😀 text',
  'no header at all',
  '<13>',
  '',
].map((text) => Buffer.from(text));

const PIECES = [
  '<',
  '>',
  '<191>',
  '1 ',
  '- ',
  '[',
  ']',
  '"',
  '\\',
  '=',
  '|',
  ':',
  ' ',
  '\n',
  '\0',
  '\r',
  '{',
  '}',
  '%',
  '9999999999',
  '\ufeff',
  '2016-12-31T23:59:60Z',
  'CEF:',
  '@cee:',
  '\xff',
].map((text) => Buffer.from(text));

export class SyslogFuzz {
  #state: number;
  readonly #samples: readonly Buffer[];

  constructor(seed: number, samples: readonly Buffer[] = SAMPLES) {
    this.#state = seed >>> 0;
    this.#samples = samples;
  }

  /** A message with one to six damages. */
  next(): Buffer {
    let bytes = this.#pick(this.#samples);
    for (let damages = 1 + this.below(6); damages > 0; damages -= 1) bytes = this.#damage(bytes);
    return bytes;
  }

  /** From 0 to `count` - 1 (mulberry32). */
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296) * count);
  }

  #damage(bytes: Buffer): Buffer {
    const at = this.below(bytes.length + 1);
    const to = Math.min(bytes.length, at + this.below(12));
    switch (this.below(6)) {
      case 0:
        return bytes.subarray(0, at);
      case 1:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
      case 2:
        return Buffer.concat([bytes.subarray(0, at), this.#pick(PIECES), bytes.subarray(at)]);
      case 3: {
        const copy = Buffer.from(bytes);
        if (at < copy.length) copy[at] = this.below(256);
        return copy;
      }
      case 4:
        return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
      default:
        return Buffer.concat([bytes.subarray(0, at), this.#pick(this.#samples).subarray(this.below(40))]);
    }
  }

  #pick(list: readonly Buffer[]): Buffer {
    return list[this.below(list.length)]!;
  }
}
