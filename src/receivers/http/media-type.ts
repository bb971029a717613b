/**
 * Which of a route's media types a request has, and which types are taken for them.
 *
 * `curl -d` says application/x-www-form-urlencoded, `fetch` with a text says text/plain, and both
 * mean JSON. Browsers let any page send exactly these types to any address, without asking it first;
 * so they are taken from senders only that show no sign of a browser. A browser always says where a
 * POST to another origin comes from.
 */
import type { IncomingMessage } from 'node:http';
import { Refusal } from './answer.ts';
import type { Route } from './route.ts';

/** What is said by senders that say nothing in particular. */
const VAGUE = new Set(['', 'text/plain', 'text/json', 'application/octet-stream', 'application/x-www-form-urlencoded']);

const CHARSETS = new Set(['utf-8', 'utf8', 'us-ascii']);

/** The route's own media type that the body is to be read as. Throws a 415. */
export function mediaTypeOf({ headers }: IncomingMessage, { mediaTypes, path, exactType }: Route): string {
  const said = headers['content-type'] ?? '';
  if (mediaTypes.includes(said)) return said;
  const [type = '', ...parameters] = said
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  const wanted = `${path} takes ${mediaTypes.slice(0, 2).join(' or ')} in UTF-8: say so in the Content-Type`;
  const accept = { accept: mediaTypes.join(', ') };
  if (charset !== undefined && !CHARSETS.has(charset)) throw new Refusal(415, wanted, {}, accept);
  if (mediaTypes.includes(type)) return type;
  if (exactType || !VAGUE.has(type)) throw new Refusal(415, wanted, {}, accept);
  if (headers.origin !== undefined || isFromAPage(headers['sec-fetch-site'])) {
    throw new Refusal(415, `${wanted}. Without it nothing is taken from a page in a browser`, {}, accept);
  }
  return mediaTypes[0]!;
}

function isFromAPage(site: string | string[] | undefined): boolean {
  return site !== undefined && site !== 'none' && site !== 'same-origin';
}
