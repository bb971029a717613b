/**
 * Who a TLS listener is and whom it trusts: certificate, key and authorities, read from files, and
 * read again when those change.
 *
 * An operator asks: is the renewed certificate in use? Yes, within seconds, for new connections, and
 * the log says so. A renewal that cannot be used leaves the old one in place, and the log says why.
 */
import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type TlsOptions } from 'node:tls';
import type { Clock, Logger } from '../component/component.ts';
import { codeOf, StartError } from '../component/errors.ts';

export interface TlsFiles {
  readonly cert_file: string;
  readonly key_file: string;
  /** Authorities whose client certificates are good. */
  readonly ca_file?: string;
  /** `request` takes senders without a certificate, but none with a bad one. */
  readonly client_auth: 'none' | 'request' | 'require';
}

/** What `tls.createServer` wants to know. A new object each time that a file has changed. */
export type ServerIdentity = Pick<
  TlsOptions,
  'cert' | 'key' | 'ca' | 'requestCert' | 'rejectUnauthorized' | 'minVersion'
>;

/** How long files that do not go together are taken for a renewal under way. */
const PATIENCE_MS = 5_000;

const FILES = ['cert_file', 'key_file', 'ca_file'] as const;

type FileOption = (typeof FILES)[number];

export class TlsIdentity {
  readonly #files: TlsFiles;
  readonly #clock: Clock;
  readonly #log: Logger;
  #current: ServerIdentity | undefined;
  /** Modification times and sizes when the files were last read. */
  #stamp = '';
  #looking = false;
  /** What was wrong at the last look; said when it is so for a while: files are replaced one by one. */
  #trouble: string | undefined;
  #troubledAt = 0;
  #said: string | undefined;

  constructor(files: TlsFiles, clock: Clock, log: Logger) {
    this.#files = files;
    this.#clock = clock;
    this.#log = log;
  }

  /** The identity in use; undefined before `load`. */
  get current(): ServerIdentity | undefined {
    return this.#current;
  }

  /** Reads the files. Throws a StartError that says which is wrong and what to do. */
  async load(): Promise<void> {
    const stamp = await this.#stampNow();
    this.#current = await this.#read();
    this.#stamp = stamp;
  }

  /** Reads the files and keeps nothing; throws as `load` does. */
  async verify(): Promise<void> {
    await this.#read();
  }

  /** Reads the files again if they have changed; true if there is a new identity. Call it every second. */
  async refresh(): Promise<boolean> {
    if (!this.#current || this.#looking) return false;
    this.#looking = true;
    try {
      const stamp = await this.#stampNow();
      if (stamp === this.#stamp) return false;
      const next = await this.#read();
      this.#stamp = stamp;
      this.#trouble = this.#said = undefined;
      if (sameFiles(next, this.#current)) return false;
      this.#current = next;
      this.#log.info('the TLS files have changed; new connections use them');
      return true;
    } catch (error) {
      this.#complain(error instanceof StartError ? error.message : codeOf(error));
      return false;
    } finally {
      this.#looking = false;
    }
  }

  #complain(trouble: string): void {
    const now = this.#clock.monotonic();
    if (trouble !== this.#trouble) this.#troubledAt = now;
    else if (now - this.#troubledAt >= PATIENCE_MS && trouble !== this.#said) {
      this.#said = trouble;
      this.#log.warn(`the TLS files have changed, but cannot be used: ${trouble} Until then the old ones stay in use.`);
    }
    this.#trouble = trouble;
  }

  async #stampNow(): Promise<string> {
    const stamps = FILES.map(async (option) => {
      const path = this.#files[option];
      if (path === undefined) return '';
      const found = await stat(path, { bigint: true }).catch(() => undefined);
      return found ? `${found.ino}:${found.mtimeNs}:${found.size}` : 'missing';
    });
    return (await Promise.all(stamps)).join(' ');
  }

  async #read(): Promise<ServerIdentity> {
    // One after the other: of two that are missing, it is always the same that is told.
    const cert = await this.#readFile('cert_file');
    const key = await this.#readFile('key_file');
    const ca = await this.#readFile('ca_file');
    const { client_auth } = this.#files;
    const identity: ServerIdentity = {
      cert,
      key,
      ...(ca === undefined ? {} : { ca }),
      requestCert: client_auth !== 'none',
      rejectUnauthorized: client_auth === 'require',
      minVersion: 'TLSv1.2',
    };
    try {
      createSecureContext(identity);
    } catch (error) {
      throw this.#unusable(error);
    }
    this.#warnOfExpiry(cert!);
    return identity;
  }

  async #readFile(option: FileOption): Promise<string | undefined> {
    const path = this.#files[option];
    if (path === undefined) return undefined;
    const place = { path: ['tls', option] };
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      const hint = codeOf(error) === 'EACCES' ? 'Let this user read it.' : 'Check the path.';
      throw new StartError(`cannot read ${path}: ${codeOf(error)}. ${hint}`, place);
    });
    if (text.includes('-----BEGIN')) return text;
    const what = option === 'key_file' ? 'private key' : 'certificate';
    throw new StartError(`${path} holds no ${what} in PEM form (-----BEGIN …).`, place);
  }

  /** OpenSSL's messages name no secret: only what it could not read. */
  #unusable(error: unknown): StartError {
    const { cert_file, key_file, ca_file } = this.#files;
    const code = codeOf(error);
    if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') {
      return new StartError(`${key_file} is not the key of the certificate in ${cert_file}.`, {
        path: ['tls', 'key_file'],
      });
    }
    const files = ca_file === undefined ? `${cert_file} and ${key_file}` : `${cert_file}, ${key_file} and ${ca_file}`;
    return new StartError(`${files} cannot be used together: ${code}.`, { path: ['tls', 'cert_file'] });
  }

  #warnOfExpiry(pem: string): void {
    const { validTo } = new X509Certificate(pem);
    if (Date.parse(validTo) >= this.#clock.now()) return;
    this.#log.warn(`the certificate in ${this.#files.cert_file} expired on ${validTo}: senders will refuse it`);
  }
}

function sameFiles(a: ServerIdentity, b: ServerIdentity): boolean {
  return a.cert === b.cert && a.key === b.key && a.ca === b.ca;
}
