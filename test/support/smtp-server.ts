import { writeFile } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { simpleParser, type ParsedMail } from 'mailparser';
import { generate } from 'selfsigned';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './temporary.ts';

export interface ReceivedMail {
  readonly raw: string;
  readonly parsed: ParsedMail;
  readonly recipients: readonly string[];
  readonly encrypted: boolean;
}

export interface TestMailServer {
  readonly port: number;
  readonly mails: ReceivedMail[];
  /** The certificate it shows, for ca_file. */
  readonly caFile: string;
  connections(): number;
  /** Breaks every connection. */
  hangUp(): void;
}

let certificate: Promise<{ private: string; cert: string }> | undefined;

/** A real SMTP server on localhost for the time of a test: STARTTLS, or `secure` from the start. */
export async function serveMail(options: SMTPServerOptions = {}): Promise<TestMailServer> {
  certificate ??= generate([{ name: 'commonName', value: 'localhost' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  const { private: key, cert } = await certificate;
  const caFile = join(await temporaryDirectory(), 'ca.pem');
  await writeFile(caFile, cert);
  const mails: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = new SMTPServer({
    key,
    cert,
    authOptional: true,
    disableReverseLookup: true,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks);
        void simpleParser(raw).then((parsed) => {
          const recipients = session.envelope.rcptTo.map(({ address }) => address);
          mails.push({ raw: raw.toString(), parsed, recipients, encrypted: session.secure });
          done();
        });
      });
    },
    ...options,
  });
  server.on('error', () => {});
  server.server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  onTestFinished(() => {
    hangUp();
    server.close();
  });
  return { port: (server.server.address() as AddressInfo).port, mails, caFile, connections: () => connections, hangUp };
}

/** What `onAuth`, `onRcptTo` and the like answer with. */
export function smtpError(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}
