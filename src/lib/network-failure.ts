/**
 * What a failed connection means for the queue: try again, or have somebody mend the options.
 *
 * Reasons name the failure and what to do; never a host, path or header.
 */
import type { Verdict } from '../component/component.ts';
import { codeOf } from '../component/errors.ts';

/** https://nodejs.org/docs/latest-v20.x/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_CHAIN_TOO_LONG',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
  'INVALID_PURPOSE',
]);

const MISCONFIGURED: Readonly<Record<string, string>> = {
  ENOTFOUND: 'unknown host: check its name, and DNS on this machine',
  CERT_HAS_EXPIRED: 'its certificate has expired: renew it there',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: check the clocks of both machines',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name: use the name the certificate has',
  HOSTNAME_MISMATCH: 'its certificate is for another host name: use the name the certificate has',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS on this port: check the scheme and the port',
  EPROTO: 'no TLS version or cipher in common: check the scheme and the port',
};

const LATER: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'name resolution failed for now',
  ECONNREFUSED: 'connection refused: nothing listens there',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed while sending',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connection timed out',
  CLOSED: 'connection closed before an answer',
  NOT_HTTP: 'its answer is not HTTP: check the scheme and the port',
  HEAD_TOO_LONG: 'its answer has too many headers',
  UND_ERR_CONNECT_TIMEOUT: 'connection timed out',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'no answer in time',
  UND_ERR_SOCKET: 'connection closed before an answer',
  UND_ERR_HEADERS_OVERFLOW: 'its answer has too many headers',
};

/** The verdict on a request that failed without an answer: misconfigured for names and certificates, else later. */
export function failureOf(error: unknown): Verdict & { kind: 'later' | 'misconfigured' } {
  const code = codeOf(error);
  if (UNTRUSTED.has(code)) {
    return {
      kind: 'misconfigured',
      reason: `certificate not trusted (${code}): set ca_file to its authority, or verify_ssl: false`,
    };
  }
  const mend = MISCONFIGURED[code];
  if (mend !== undefined) return { kind: 'misconfigured', reason: `${mend} (${code})` };
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_OSSL_')) {
    return { kind: 'misconfigured', reason: `TLS failed (${code}): check certificates, scheme and port` };
  }
  if (code.startsWith('HPE_'))
    return { kind: 'later', reason: `its answer is not HTTP (${code}): check the scheme and the port` };
  return { kind: 'later', reason: `${LATER[code] ?? 'request failed'} (${code})` };
}
