/** Reads the `tests` block's tree: what is there must be right, and what is wrong is said with its place. */
import type { Position } from '../component/configuration.ts';
import { shortSpan } from '../config/prepare.ts';
import { characters, positionOf } from '../config/source.ts';
import { didYouMean, listed, nearest } from '../config/suggest.ts';
import { isEmpty, plainOf, textOf, type Entry, type ListNode, type MapNode, type Node } from '../config/tree.ts';
import { parseDuration, secondsToMs } from '../lib/duration.ts';

/** Something wrong in the block. */
export interface TestProblem {
  readonly position: Position;
  readonly message: string;
  readonly length: number;
  readonly suggestion?: string;
}

export class TestNodes {
  readonly problems: TestProblem[] = [];

  wrong(node: Node | Entry, message: string, suggestion?: string): undefined {
    const span = 'keySpan' in node ? node.keySpan : shortSpan(node);
    const length = Math.max(1, characters(span.source.text.slice(span.start, span.end)));
    this.problems.push({
      position: positionOf(span),
      message: `${message}${didYouMean(suggestion)}`,
      length,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
    return undefined;
  }

  map(node: Node, what: string): MapNode | undefined {
    return node.kind === 'map' ? node : this.wrong(node, `${what} is a map of keys and values`);
  }

  list(node: Node | undefined, what: string): ListNode | undefined {
    if (!node || isEmpty(node)) return undefined;
    return node.kind === 'list' ? node : this.wrong(node, `${what} is a list: each item starts with a dash`);
  }

  text(node: Node, what: string): string | undefined {
    return node.kind === 'scalar' && !isEmpty(node) ? textOf(node) : this.wrong(node, `${what} is a text`);
  }

  duration(node: Node, what: string): number | undefined {
    const { value } = node.kind === 'scalar' ? node : {};
    const ms =
      typeof value === 'number' ? secondsToMs(value) : typeof value === 'string' ? parseDuration(value) : undefined;
    return ms !== undefined && ms >= 0 ? ms : this.wrong(node, `${what} is a length of time, such as 5s or 1h`);
  }

  count(node: Node, what: string): number | undefined {
    const value = plainOf(node);
    return Number.isSafeInteger(value) && (value as number) >= 0
      ? (value as number)
      : this.wrong(node, `${what} is a number, from 0`);
  }

  /** Says which keys there are no such of. */
  known({ entries }: MapNode, keys: readonly string[], what: string): void {
    for (const [key, entry] of entries) {
      if (keys.includes(key)) continue;
      const meant = nearest(key, keys);
      this.wrong(entry, `${what} has no "${key}"${meant === undefined ? `; it has ${listed(keys)}` : ''}`, meant);
    }
  }

  /** Whether `id` is one of those that there are. */
  exists(node: Node | Entry, id: string, ids: ReadonlyMap<string, unknown>, kind: string): boolean {
    if (ids.has(id)) return true;
    const meant = nearest(id, ids.keys());
    this.wrong(
      node,
      `there is no ${kind} "${id}"${meant === undefined ? `; there are ${listed([...ids.keys()]) || 'none'}` : ''}`,
      meant,
    );
    return false;
  }
}
