/** What `listen` names: `udp://0.0.0.0:5514`, `tcp://[::1]:5514`. */
export interface ListenAddress {
  readonly scheme: 'udp' | 'tcp';
  readonly host: string;
  readonly port: number;
  /** Is IPv6 beside an IPv4 address of the same port: must not take IPv4 too. */
  readonly ipv6Only: boolean;
  /** As written, and told apart where it is written twice: what a reload recognises the socket by. */
  readonly key: string;
}

const ADDRESS = /^(udp|tcp):\/\/(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^:/[\]\s]+)):(\d{1,5})\/?$/;
const TO_COME = /^(tls|unix|unixgram):\/\//;

/** What is wrong with an address; undefined if nothing is. */
export function addressProblem(text: string): string | undefined {
  const toCome = TO_COME.exec(text);
  if (toCome) return `${toCome[1]}:// is not available yet: listen on tcp:// or udp://`;
  const [, , , , port] = ADDRESS.exec(text) ?? [];
  if (port === undefined) return `${text} is not an address to listen on: write udp://HOST:PORT or tcp://HOST:PORT`;
  return Number(port) <= 65_535 ? undefined : `${port} is not a port: ports go up to 65535`;
}

/** Reads addresses that have no problem. */
export function parseAddresses(texts: readonly string[]): ListenAddress[] {
  const seen = new Map<string, number>();
  const read = texts.map((text) => {
    const [, scheme, ipv6, name, port] = ADDRESS.exec(text)!;
    const before = seen.get(text) ?? 0;
    seen.set(text, before + 1);
    return {
      scheme: scheme as 'udp' | 'tcp',
      host: ipv6 ?? name!,
      port: Number(port),
      isIpv6: ipv6 !== undefined,
      key: before === 0 ? text : `${text}#${before}`,
    };
  });
  return read.map(({ isIpv6, ...address }) => ({
    ...address,
    ipv6Only:
      isIpv6 &&
      address.port !== 0 &&
      read.some((other) => !other.isIpv6 && other.scheme === address.scheme && other.port === address.port),
  }));
}

/** `udp://127.0.0.1:43211`, from what a bound socket says. */
export function formatAddress(scheme: string, address: string, port: number): string {
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** IPv4 senders of a dual-stack socket are named as the IPv4 addresses they are. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
