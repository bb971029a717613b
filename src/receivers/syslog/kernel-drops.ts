import { readFile } from 'node:fs/promises';

/** Reads from Linux how many datagrams a UDP socket's full buffer has cost; counts nothing elsewhere. */
export class KernelDrops {
  readonly #file: string;
  /** As /proc writes it; without the address for IPv6. */
  readonly #local: RegExp;
  #last = 0;
  #reading = false;

  constructor(family: string, address: string, port: number) {
    const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
    const isIpv6 = family === 'IPv6';
    this.#file = isIpv6 ? '/proc/net/udp6' : '/proc/net/udp';
    const host = isIpv6 ? '[0-9A-F]{32}' : hexOfIpv4(address);
    this.#local = new RegExp(`^ *\\d+: ${host}:${hexPort} .* (\\d+)\\s*$`, 'm');
  }

  /** Drops since the last read. */
  async read(): Promise<number> {
    if (this.#reading || process.platform !== 'linux') return 0;
    this.#reading = true;
    try {
      const [, text] = this.#local.exec(await readFile(this.#file, 'latin1')) ?? [];
      const drops = Number(text ?? this.#last);
      const more = drops - this.#last;
      this.#last = drops;
      return more;
    } catch {
      return 0;
    } finally {
      this.#reading = false;
    }
  }
}

/** 127.0.0.1 as 0100007F: the kernel prints the word as a little-endian machine reads it. */
function hexOfIpv4(address: string): string {
  const bytes = address.split('.').map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'));
  return bytes.reverse().join('');
}
