/** What an SMTP server's refusal means. Codes are nodemailer's and RFC 5321's; 4yz is for now, 5yz for good. */
import type { Verdict } from '../../component/component.ts';
import { codeOf } from '../../component/errors.ts';
import { excerpt } from '../../lib/excerpt.ts';
import { failureOf } from '../../lib/network-failure.ts';

/** The server wants a login or encryption first, or refuses the one it got. */
const LOGIN_CODES = new Set([530, 534, 535, 538]);
const CERTIFICATE = /certificate|altname|self[- ]signed|unable to verify|issuer/i;

interface SmtpError extends Error {
  readonly responseCode?: number;
  readonly response?: string;
  readonly command?: string;
  readonly originalCode?: string;
}

/** The verdict on a mail that nobody got. */
export function verdictOfSmtp(error: unknown, secrets: readonly string[]): Verdict {
  if (!(error instanceof Error)) return { kind: 'later', reason: 'the mail failed' };
  const { responseCode, command, originalCode, message } = error as SmtpError;
  const code = codeOf(error);
  const said = answerOf(error, secrets);
  if (responseCode !== undefined && responseCode >= 400 && responseCode < 500) return { kind: 'later', reason: said };
  if (code === 'EAUTH' || code === 'ENOAUTH' || LOGIN_CODES.has(responseCode ?? 0)) {
    return { kind: 'misconfigured', reason: `login refused: check username and password (${said})` };
  }
  if (command === 'STARTTLS' && responseCode !== undefined) {
    return {
      kind: 'misconfigured',
      reason: 'the server offers no STARTTLS: use port 465, or use_tls: false to send in the clear',
    };
  }
  if (code === 'ETLS' && CERTIFICATE.test(message)) {
    return {
      kind: 'misconfigured',
      reason: 'certificate not trusted, or for another host name: set ca_file to its authority, or verify_ssl: false',
    };
  }
  if (responseCode !== undefined && responseCode >= 500) {
    // Before any mail was spoken of, the server refuses this machine.
    return command === 'CONN' || command === 'EHLO' || command === 'HELO'
      ? { kind: 'misconfigured', reason: said }
      : { kind: 'refused', reason: said };
  }
  if (code === 'EMESSAGE') return { kind: 'refused', reason: 'the mail is larger than the server allows' };
  if (code === 'ETLS' && originalCode === undefined)
    return { kind: 'later', reason: 'the encrypted connection could not be set up' };
  return failureOf(Object.assign(new Error(), { code: originalCode ?? NETWORK_CODES[code] ?? code }));
}

/** Whether the connection broke, rather than that the server answered something. */
export function isLost(error: unknown): boolean {
  const { responseCode } = error as SmtpError;
  return (
    responseCode === 421 ||
    (responseCode === undefined && ['ECONNECTION', 'ESOCKET', 'ETIMEDOUT'].includes(codeOf(error)))
  );
}

/** nodemailer's names for what the system has names of its own for. */
const NETWORK_CODES: Readonly<Record<string, string>> = {
  ECONNECTION: 'ECONNRESET',
  ESOCKET: 'ECONNRESET',
  EDNS: 'EAI_AGAIN',
};

/** `answered 550: mailbox unavailable`. */
export function answerOf(error: Error, secrets: readonly string[]): string {
  const { response = '', responseCode } = error as SmtpError;
  const said = excerpt(response.replace(/^\d{3}[ -]/, ''), secrets);
  if (responseCode === undefined) return codeOf(error);
  return said === '' ? `answered ${responseCode}` : `answered ${responseCode}: ${said}`;
}
