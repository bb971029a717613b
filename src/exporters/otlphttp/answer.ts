/**
 * What an OTLP server answers, as JSON or protobuf.
 *
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 */
import type { Verdict } from '../../component/component.ts';
import { excerpt } from '../../lib/excerpt.ts';
import { verdictOf, type Answer } from '../../lib/http-client.ts';
import { readFields } from '../../lib/otlp/read-protobuf.ts';

/** How the client must read answers for these functions: every byte kept. */
export const ANSWER_ENCODING = 'latin1';

/** The verdict on an answer. Of failures only 429, 502, 503 and 504 may be tried again. */
export function verdictOfOtlp({ status, headers, text }: Answer, now: number, secrets: readonly string[]): Verdict {
  const verdict = verdictOf({ status, headers, text: status < 300 ? '' : messageOf(headers, text) }, now, secrets);
  const mayBeLater = status === 429 || (status >= 502 && status <= 504);
  return verdict.kind === 'later' && !mayBeLater ? { kind: 'refused', reason: verdict.reason } : verdict;
}

export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

/** How many records a 200 says were rejected all the same, and what it warns of. */
export function partialSuccess({ headers, text }: Answer, secrets: readonly string[]): PartialSuccess {
  if (isJson(headers)) {
    const { rejectedLogRecords, errorMessage } = asObject(asObject(json(text))['partialSuccess']);
    return {
      rejected: Number(rejectedLogRecords) || 0,
      message: typeof errorMessage === 'string' ? excerpt(errorMessage, secrets) : '',
    };
  }
  const partial = readFields(Buffer.from(text, ANSWER_ENCODING)).get(1);
  if (!Buffer.isBuffer(partial)) return { rejected: 0, message: '' };
  const fields = readFields(partial);
  const rejected = fields.get(1);
  return { rejected: typeof rejected === 'number' ? rejected : 0, message: excerpt(utf8(fields.get(2)), secrets) };
}

/** The message of a `Status`; other text as it is. */
function messageOf(headers: Answer['headers'], text: string): string {
  if (isJson(headers)) {
    const { message } = asObject(json(text));
    if (typeof message === 'string') return message;
  } else if (String(headers['content-type']).startsWith('application/x-protobuf')) {
    return utf8(readFields(Buffer.from(text, ANSWER_ENCODING)).get(2));
  }
  return Buffer.from(text, ANSWER_ENCODING).toString();
}

function isJson(headers: Answer['headers']): boolean {
  return String(headers['content-type']).startsWith('application/json');
}

function utf8(field: number | Buffer | undefined): string {
  return Buffer.isBuffer(field) ? field.toString() : '';
}

function json(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, ANSWER_ENCODING).toString());
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
