/**
 * What a bulk answer says about each event.
 *
 * Every document is created under its event's id: after a doubtful answer the whole request can be
 * sent again, and 409 means that the event is there already.
 */
import type { RefusedEvent, Verdict } from '../../component/component.ts';
import { excerpt } from '../../lib/excerpt.ts';

interface Item {
  readonly status: number;
  readonly error?: { readonly type?: unknown; readonly reason?: unknown };
}

export interface Asked {
  readonly events: number;
  /** Whether the index name has values of the event in it: then one that may not be written is the event's fault. */
  readonly indexByEvent: boolean;
  readonly secrets: readonly string[];
  readonly notBeforeMs: number | undefined;
}

/** The verdict on an answer of status 200. */
export function verdictOfBulk(text: string, { events, indexByEvent, secrets, notBeforeMs }: Asked): Verdict {
  const items = itemsOf(text);
  if (items === 'none failed') return { kind: 'sent', notBeforeMs };
  if (!items)
    return {
      kind: 'misconfigured',
      reason: 'answered 200, but not as the bulk API does: is url that of Elasticsearch or OpenSearch?',
    };
  const refused: RefusedEvent[] = [];
  const later: number[] = [];
  let laterReason = 'some events had no answer of their own';
  for (let index = 0; index < events; index += 1) {
    const item = items[index];
    if (!item) {
      later.push(index);
      continue;
    }
    if (item.status < 300 || item.status === 409) continue;
    const reason = reasonOf(item, secrets);
    switch (kindOf(item, indexByEvent)) {
      case 'misconfigured':
        return { kind: 'misconfigured', reason };
      case 'later':
        later.push(index);
        laterReason = reason;
        break;
      case 'refused':
        refused.push({ index, reason });
    }
  }
  if (later.length === events) return { kind: 'later', reason: laterReason, notBeforeMs };
  if (later.length > 0)
    return { kind: 'mixed', refused, later: { kind: 'later', reason: laterReason, notBeforeMs, events: later } };
  return refused.length > 0
    ? { kind: 'refused', reason: refused[0]!.reason, events: refused }
    : { kind: 'sent', notBeforeMs };
}

function itemsOf(text: string): readonly (Item | undefined)[] | 'none failed' | undefined {
  // What most answers say; reading 500 items to learn it again would cost more than sending them.
  if (text.startsWith('{"errors":false,"items"')) return 'none failed';
  let answer: { errors?: unknown; items?: unknown } | null;
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null) return undefined;
  if (answer.errors === false) return 'none failed';
  if (answer.errors !== true || !Array.isArray(answer.items)) return undefined;
  // `{"create": {…}}`: the one value, whatever the operation is called.
  return answer.items.map((item: unknown) => {
    const [result] = typeof item === 'object' && item !== null ? (Object.values(item) as Partial<Item>[]) : [];
    return typeof result?.status === 'number' ? (result as Item) : undefined;
  });
}

function kindOf({ status, error }: Item, indexByEvent: boolean): 'later' | 'refused' | 'misconfigured' {
  if (status === 408 || status === 429 || status >= 500) return 'later';
  // A disk past its flood stage makes indexes read-only until there is room.
  if (error?.type === 'cluster_block_exception') return 'later';
  if (typeof error?.reason === 'string' && error.reason.startsWith('pipeline with id')) return 'misconfigured';
  if (status === 401 || status === 403 || status === 404) return indexByEvent ? 'refused' : 'misconfigured';
  return 'refused';
}

function reasonOf({ status, error }: Item, secrets: readonly string[]): string {
  const said = [error?.type, error?.reason].filter((part) => typeof part === 'string').join(': ');
  return said === '' ? `answered ${status}` : `answered ${status}: ${excerpt(said, secrets)}`;
}
