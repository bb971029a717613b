import { BlockList, isIP } from 'node:net';

/** The senders an `allow` list lets in; all of them where there is no list. */
export class AllowList {
  readonly #ranges: BlockList | undefined;
  #last = '';
  #lastAllowed = true;

  constructor(ranges: readonly string[] | undefined) {
    if (!ranges) return;
    this.#ranges = new BlockList();
    for (const range of ranges) addRange(this.#ranges, range);
  }

  /** `address` without an IPv4-mapped prefix. Remembers the last answer: senders come in runs. */
  allows(address: string): boolean {
    if (!this.#ranges) return true;
    if (address !== this.#last) {
      const [bare = address] = address.split('%', 1);
      const family = isIP(bare);
      this.#lastAllowed = family !== 0 && this.#ranges.check(bare, family === 6 ? 'ipv6' : 'ipv4');
      this.#last = address;
    }
    return this.#lastAllowed;
  }
}

/** What is wrong with `10.0.0.0/8` or `10.1.2.3`; undefined if nothing is. */
export function rangeProblem(range: string): string | undefined {
  const [address = '', prefix, ...more] = range.split('/');
  const family = isIP(address);
  const bits = family === 6 ? 128 : 32;
  const fits = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
  if (family !== 0 && fits && more.length === 0) return undefined;
  return `${range} is not an address range: write it as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32`;
}

function addRange(ranges: BlockList, range: string): void {
  const [address = '', prefix] = range.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (prefix === undefined) ranges.addAddress(address, family);
  else ranges.addSubnet(address, Number(prefix), family);
}
