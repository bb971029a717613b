/** What `listen` names: `udp://0.0.0.0:5514`, `tls://[::1]:6514`, `unix:///run/collector.sock`. */
export type ListenAddress = NetworkAddress | PathAddress;

export interface NetworkAddress {
  readonly scheme: 'udp' | 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
  /** Is IPv6 beside an IPv4 address of the same port: must not take IPv4 too. */
  readonly ipv6Only: boolean;
  /** As written, and told apart where it is written twice: what a reload recognises the socket by. */
  readonly key: string;
}

/** A socket in the file system: `unix` takes streams, `unixgram` datagrams. */
export interface PathAddress {
  readonly scheme: 'unix' | 'unixgram';
  readonly path: string;
  readonly key: string;
}

const NETWORK = /^(udp|tcp|tls):\/\/(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^:/[\]\s]+)):(\d{1,5})\/?$/;
const PATH = /^(unix|unixgram):\/\/(.*)$/s;

/** What Linux has room for in a socket's address, without the NUL. */
const MAX_PATH_BYTES = 107;

/** What is wrong with an address; undefined if nothing is. */
export function addressProblem(text: string): string | undefined {
  const [, scheme, path] = PATH.exec(text) ?? [];
  if (path !== undefined) return pathProblem(text, scheme!, path);
  const [, , , , port] = NETWORK.exec(text) ?? [];
  if (port === undefined) {
    return `${text} is not an address to listen on: write udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, unix:///PATH or unixgram:///PATH`;
  }
  return Number(port) <= 65_535 ? undefined : `${port} is not a port: ports go up to 65535`;
}

function pathProblem(text: string, scheme: string, path: string): string | undefined {
  if (!path.startsWith('/') || path.endsWith('/')) {
    return `${text} has no absolute path: write ${scheme}:///run/collector.sock, with three slashes`;
  }
  if (path.includes('\0')) return 'the path has a NUL in it';
  const bytes = Buffer.byteLength(path);
  if (bytes <= MAX_PATH_BYTES) return undefined;
  return `the path has ${bytes} bytes, and a socket's has ${MAX_PATH_BYTES} at the most: choose a shorter one, such as /run/collector.sock`;
}

/** Reads addresses that have no problem. */
export function parseAddresses(texts: readonly string[]): ListenAddress[] {
  const seen = new Map<string, number>();
  const read = texts.map((text) => {
    const before = seen.get(text) ?? 0;
    seen.set(text, before + 1);
    return parse(text, before === 0 ? text : `${text}#${before}`);
  });
  return read.map((address) => ('path' in address ? address : { ...address, ipv6Only: hasIpv4Twin(address, read) }));
}

function parse(text: string, key: string): ListenAddress {
  const [, kind, path] = PATH.exec(text) ?? [];
  if (path !== undefined) return { scheme: kind as PathAddress['scheme'], path, key };
  const [, scheme, ipv6, name, port] = NETWORK.exec(text)!;
  return {
    scheme: scheme as NetworkAddress['scheme'],
    host: ipv6 ?? name!,
    port: Number(port),
    ipv6Only: ipv6 !== undefined,
    key,
  };
}

function hasIpv4Twin({ scheme, port, ipv6Only }: NetworkAddress, all: readonly ListenAddress[]): boolean {
  const isSameKind = (other: NetworkAddress): boolean => (other.scheme === 'udp') === (scheme === 'udp');
  return (
    ipv6Only &&
    port !== 0 &&
    all.some((other) => !('path' in other) && !other.ipv6Only && other.port === port && isSameKind(other))
  );
}

/** `udp://127.0.0.1:43211`, from what a bound socket says. */
export function formatAddress(scheme: string, address: string, port: number): string {
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** IPv4 senders of a dual-stack socket are named as the IPv4 addresses they are. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
