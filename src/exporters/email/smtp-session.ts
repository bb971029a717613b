/**
 * One SMTP connection that can be ended at any moment. nodemailer's transports cannot: they know no
 * AbortSignal, and their pool does not say which connection carries which mail.
 */
import type { ConnectionOptions } from 'node:tls';
import type { SMTPConnection as Connection, SentMessageInfo } from './nodemailer.ts';
import { loadNodemailer } from './nodemailer.ts';

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  /** none: in the clear. starttls: upgraded, or nothing is sent. tls: from the first byte. */
  readonly security: 'none' | 'starttls' | 'tls';
  readonly credentials: { readonly user: string; readonly pass: string } | undefined;
  readonly tls: Pick<ConnectionOptions, 'rejectUnauthorized' | 'ca'>;
}

export class SmtpSession {
  readonly #connection: Connection;
  #dead = false;
  #fail: ((error: Error) => void) | undefined;

  private constructor(connection: Connection) {
    this.#connection = connection;
    connection.on('error', (error: Error) => {
      this.#dead = true;
      this.#fail?.(error);
    });
    connection.on('end', () => {
      this.#dead = true;
      this.#fail?.(Object.assign(new Error('closed'), { code: 'ECONNECTION' }));
    });
  }

  /** Connected, secured as asked and logged in. Rejects with nodemailer's error, or the signal's reason. */
  static async open(options: SmtpOptions, signal: AbortSignal): Promise<SmtpSession> {
    const { SMTPConnection } = await loadNodemailer();
    signal.throwIfAborted();
    const { host, port, security, credentials, tls } = options;
    const connection = new SMTPConnection({
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      tls,
      connectionTimeout: 30_000,
      // Ended means ended: no grace for a server that does not answer.
      socketCloseTimeout: 0,
    });
    const session = new SmtpSession(connection);
    try {
      await session.#during<void>(signal, (done) => connection.connect((error) => done(error ?? null)));
      if (credentials) await session.#during<unknown>(signal, (done) => connection.login({ credentials }, done));
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  get alive(): boolean {
    return !this.#dead;
  }

  /** Resolves if at least one recipient was accepted. */
  send(from: string, to: readonly string[], message: Buffer, signal: AbortSignal): Promise<SentMessageInfo> {
    const envelope = { from, to: [...to], size: message.length };
    return this.#during(signal, (done) => this.#connection.send(envelope, message, done));
  }

  /** Whether the connection keeps the process alive: not while it only waits for the next mail. */
  hold(keepsAlive: boolean): void {
    const socket = this.#connection._socket;
    if (!socket) return;
    if (keepsAlive) socket.ref();
    else socket.unref();
  }

  /** Says goodbye, without waiting for the answer. */
  quit(): void {
    if (!this.#dead) this.#connection.quit();
    this.#dead = true;
  }

  close(): void {
    this.#dead = true;
    this.#connection.close();
  }

  #during<T>(
    signal: AbortSignal,
    act: (done: (error: Error | null | undefined, result?: T) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (end: () => void): void => {
        this.#fail = undefined;
        signal.removeEventListener('abort', onAbort);
        end();
      };
      const onAbort = (): void =>
        settle(() => {
          this.close();
          reject(signal.reason as Error);
        });
      this.#fail = (error) => settle(() => reject(error));
      signal.addEventListener('abort', onAbort, { once: true });
      act((error, result) => settle(() => (error ? reject(error) : resolve(result as T))));
    });
  }
}
