/** Takes what must not be seen out of texts, and of values with texts anywhere inside. */
import { createHmac } from 'node:crypto';
import type { RE2JS } from 're2js';
import { newMetadata } from '../../component/event.ts';
import { KINDS, type Kind, type Placeholder } from './kinds.ts';

/** Deeper values are not looked into, and therefore not let through. */
const MAX_DEPTH = 32;
const TOO_DEEP = '[nested too deeply]';

/** Nothing that the built-in kinds look for is without one of these. */
const WORTH_A_LOOK = /[\d@:=_-]|bearer|basic/i;
const SHORTEST = 3;

export interface Pattern {
  readonly name: string;
  readonly regex: RE2JS;
}

export interface Redactions {
  readonly kinds: ReadonlySet<string>;
  readonly patterns: readonly Pattern[];
  /** Names of metadata keys, in lower case, whose values go whatever they are. */
  readonly keys: ReadonlySet<string>;
  /** Paths below the metadata that stay. */
  readonly except: ReadonlySet<string>;
  readonly placeholder: Placeholder;
}

export class Redactor {
  readonly #kinds: readonly Kind[];
  readonly #cards: boolean;
  readonly #patterns: readonly Pattern[];
  readonly #keys: ReadonlySet<string>;
  readonly #except: ReadonlySet<string>;
  readonly #placeholder: Placeholder;
  /** How much was replaced so far. */
  count = 0;

  constructor({ kinds, patterns, keys, except, placeholder }: Redactions) {
    this.#kinds = KINDS.filter(({ name }) => kinds.has(name));
    this.#cards = kinds.has('credit_card');
    this.#patterns = patterns;
    this.#keys = keys;
    this.#except = except;
    this.#placeholder = (kind, found) => {
      this.count += 1;
      return placeholder(kind, found);
    };
  }

  text(text: string): string {
    let safe = text;
    const patterns = this.#patterns;
    for (let index = 0; index < patterns.length; index += 1) safe = this.#withoutPattern(safe, patterns[index]!);
    if (safe.length < SHORTEST || !WORTH_A_LOOK.test(safe)) return safe;
    const kinds = this.#kinds;
    for (let index = 0; index < kinds.length; index += 1) {
      const kind = kinds[index]!;
      if (kind.mayHave(safe)) safe = kind.replace(safe, this.#placeholder);
    }
    return safe;
  }

  /** The same object where nothing in it had to go, else a copy: events share what is inside of theirs. */
  record<T extends object>(record: T, path = '', depth = 0): T {
    let copy: Record<string, unknown> | undefined;
    for (const [key, value] of Object.entries(record) as [string, unknown][]) {
      const at = path === '' ? key : `${path}.${key}`;
      const safe = this.#except.has(at) ? value : this.#entry(key, value, at, depth);
      if (safe === value) continue;
      copy ??= Array.isArray(record)
        ? ([...(record as unknown[])] as unknown as Record<string, unknown>)
        : Object.assign(newMetadata(), record);
      copy[key] = safe;
    }
    return (copy ?? record) as T;
  }

  #entry(key: string, value: unknown, path: string, depth: number): unknown {
    if (this.#keys.size > 0 && value !== null && value !== '' && this.#keys.has(key.toLowerCase())) {
      return this.#placeholder('secret', typeof value === 'string' ? value : JSON.stringify(value, bigintAsText));
    }
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'number':
      case 'bigint':
        return this.#cards && value >= 1e12 ? this.#number(value) : value;
      case 'object':
        if (value === null) return value;
        return depth >= MAX_DEPTH ? TOO_DEEP : this.record(value, path, depth + 1);
      default:
        return value;
    }
  }

  /** A card number may come as a number. */
  #number(value: number | bigint): unknown {
    const text = String(value);
    const safe = this.text(text);
    return safe === text ? value : safe;
  }

  #withoutPattern(text: string, { name, regex }: Pattern): string {
    if (!regex.test(text)) return text;
    const matcher = regex.matcher(text);
    let safe = '';
    let end = 0;
    while (matcher.find()) {
      // A pattern may match nothing at all.
      if (matcher.end() === matcher.start()) continue;
      safe += text.slice(end, matcher.start()) + this.#placeholder(name, text.slice(matcher.start(), matcher.end()));
      end = matcher.end();
    }
    return safe + text.slice(end);
  }
}

/** `{kind}` and `{hash}` in a replacement; the same text has the same hash as long as the key is the same. */
export function placeholderOf(replacement: string, hashKey: string | undefined): Placeholder {
  if (!replacement.includes('{hash}') || hashKey === undefined) return (kind) => replacement.replaceAll('{kind}', kind);
  return (kind, found) => {
    const hash = createHmac('sha256', hashKey).update(found).digest('hex').slice(0, 8);
    return replacement.replaceAll('{kind}', kind).replaceAll('{hash}', hash);
  };
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
