/** Where the admin address listens, as it is written in the file: 127.0.0.1:13133, [::1]:13133, http://localhost:13133. */
export interface HostAndPort {
  /** Empty for every address of the machine. */
  readonly host: string;
  readonly port: number;
}

/** Undefined where it is not host:port. */
export function hostAndPort(listen: string): HostAndPort | undefined {
  const match = /^(?:http:\/\/)?(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})\/?$/.exec(listen);
  const port = Number(match?.[3]);
  return match && port <= 65_535 ? { host: match[1] ?? match[2] ?? '', port } : undefined;
}

/** Whether only programs of this machine reach it. */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
