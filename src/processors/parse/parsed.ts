/** What a parser makes of a text. */
import type { Level } from '../../component/event.ts';

/** What a text says. The fields of the event's own are there where the format itself knows them. */
export interface Parsed {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly level?: Level | undefined;
  /** Unix milliseconds. */
  readonly timestamp?: number | undefined;
  readonly source?: string;
  readonly title?: string;
  readonly message?: string;
  readonly eventType?: string;
}

/** What `text` says, or why it is not of the format, such as `no JSON object`. Takes time linear in the text. */
export type Parser = (text: string) => Parsed | string;

/** A value where numbers are not asked for. */
export function textValue(text: string): string {
  return text;
}

/** A value as a number where that is written the same: `007` and `1.50` stay texts. */
export function numberOrText(text: string): string | number {
  const first = text.charCodeAt(0);
  if ((first < 48 || first > 57) && first !== 45) return text;
  if (text.length > 17) return text;
  const number = Number(text);
  return String(number) === text ? number : text;
}
