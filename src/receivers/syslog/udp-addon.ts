/**
 * Finds the addon that reads UDP in batches, which is built where there is a C compiler
 * (scripts/compile-native.mjs). It is optional: without it datagrams are read one by one.
 *
 * An operator asks: which of the two is it? The log says so once, when the first address is bound.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeOf } from '../../component/errors.ts';

declare const handle: unique symbol;

/** A bound socket of the addon's; closed once, and of no use then. */
export interface BatchSocket {
  readonly [handle]: never;
}

/** What native/udp-batch.c offers; each call there says what it does. */
export interface UdpAddon {
  open(address: string, port: number, ipv6Only: boolean, onReadable: () => void): BatchSocket;
  read(socket: BatchSocket, chunk: Buffer, offset: number, table: Int32Array): number;
  gather(socket: BatchSocket, milliseconds: number): void;
  sender(table: Int32Array, index: number): string;
  address(socket: BatchSocket): readonly [address: string, port: number];
  receiveBuffer(socket: BatchSocket, bytes: number): number;
  drops(socket: BatchSocket): number;
  close(socket: BatchSocket): void;
}

type Found = { readonly addon: UdpAddon } | { readonly missing: string };

let found: Found | undefined;

/** The addon, or why there is none. Looks once in the life of the process. */
export function udpAddon(): Found {
  return (found ??= look());
}

function look(): Found {
  const folder = nativeFolder();
  if (folder === undefined) return { missing: 'this build came without it' };
  const file = join(folder, 'udp-batch.node');
  try {
    if (!existsSync(file)) return { missing: reasonIn(folder) };
    return { addon: createRequire(import.meta.url)(file) as UdpAddon };
  } catch (error) {
    return { missing: `${file} cannot be loaded (${codeOf(error)})` };
  }
}

function reasonIn(folder: string): string {
  const note = join(folder, 'not-built.txt');
  return existsSync(note) ? readFileSync(note, 'utf8').trim() : 'it was not built';
}

/** As seen from dist/main.js, from dist/chunks, and from this file's own folder. */
const FOLDERS = ['./native/', '../native/', '../../../dist/native/'];

function nativeFolder(): string | undefined {
  const folders = FOLDERS.map((name) => fileURLToPath(new URL(name, import.meta.url)));
  // Beside this file is the source alone.
  return folders.find((folder) => basename(dirname(folder)) !== 'syslog' && existsSync(join(folder, 'udp-batch.c')));
}
