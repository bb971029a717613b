/** The `tls` option of receivers that listen, and what can be wrong with it. */
import type { OptionProblem } from '../component/component.ts';
import type { TlsFiles } from './tls-identity.ts';

/** `scheme` is that of the addresses it is for, such as `https`. */
export const tlsField = <const Scheme extends string>(scheme: Scheme) =>
  ({
    type: 'object',
    additionalProperties: false,
    required: ['cert_file', 'key_file'],
    description: `Certificate of ${scheme}:// addresses (TLS 1.2 and 1.3). The files are read again when they change. An edit acts on new connections.`,
    properties: {
      cert_file: {
        type: 'string',
        minLength: 1,
        description: 'The certificate in PEM form, followed by those of its issuers.',
      },
      key_file: { type: 'string', minLength: 1, description: "The certificate's private key in PEM form." },
      ca_file: {
        type: 'string',
        minLength: 1,
        description: 'Authorities whose client certificates are good, in PEM form.',
      },
      client_auth: {
        type: 'string',
        enum: ['none', 'request', 'require'],
        default: 'none',
        description:
          'Whether senders show a certificate: require refuses those without one, request takes them; both refuse one that ca_file does not vouch for.',
      },
    },
  }) as const;

/** Of a `tls` that no address uses, one that is missing, and one that would trust everybody. */
export function tlsProblems(listen: readonly string[], scheme: string, tls: TlsFiles | undefined): OptionProblem[] {
  const index = listen.findIndex((text) => text.startsWith(`${scheme}://`));
  if (index < 0) {
    const message = `tls is not used: listen names no ${scheme}:// address`;
    return tls ? [{ severity: 'hint', message, path: ['tls'] }] : [];
  }
  if (!tls) {
    const message = `${scheme}:// needs a certificate: add tls: {cert_file, key_file}`;
    return [{ severity: 'error', message, path: ['listen', index] }];
  }
  if (tls.client_auth === 'none' || tls.ca_file !== undefined) return [];
  const message = `client_auth: ${tls.client_auth} needs ca_file: the authorities whose certificates are good`;
  return [{ severity: 'error', message, path: ['tls', 'client_auth'] }];
}
