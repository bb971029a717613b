/**
 * Which certificate authorities a connection trusts: Node's own, those of NODE_EXTRA_CA_CERTS, and
 * those of `ca_file`. Node drops the first two as soon as it is given a list.
 */
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';

/** The authorities to trust besides the usual ones, for `tls.connect`; undefined where the usual ones do. Rejects if `caFile` is unreadable. */
export async function trusted(caFile: string | undefined): Promise<string[] | undefined> {
  if (caFile === undefined) return undefined;
  const own = await readFile(caFile, 'utf8');
  if (!own.includes('-----BEGIN')) throw Object.assign(new Error('no certificate in it'), { code: 'NOT_PEM' });
  const extra = process.env['NODE_EXTRA_CA_CERTS'];
  return [...rootCertificates, ...(extra ? [await readFile(extra, 'utf8').catch(() => '')] : []), own].filter(
    (pem) => pem !== '',
  );
}
