/**
 * How near a request comes to what its destination takes, by exporter type. The exporters cut what
 * is too long: this shows it from the other side, and would show it if one did not.
 */

export interface Limit {
  readonly what: string;
  readonly used: number;
  readonly most: number;
}

type Json = Readonly<Record<string, unknown>>;

/** Those that the request could meet: nothing for a destination that has none we know of. */
export function limitsOf(type: string, request: unknown): Limit[] {
  const measure = MEASURES[type];
  const body = typeof request === 'string' ? jsonOf(request) : (request as Json | undefined);
  return measure && body ? measure(body, request).filter(({ used }) => used > 0) : [];
}

const MEASURES: Readonly<Record<string, (body: Json, request: unknown) => Limit[]>> = {
  /** https://docs.slack.dev/reference/block-kit/blocks/section-block */
  slack({ text, attachments }) {
    const blocks = listOf(attachments).flatMap((attachment) => listOf(attachment['blocks']));
    const fields = blocks.map(({ fields: of }) => listOf(of));
    return [
      { what: 'headline characters', used: lengthOf(text), most: 4_000 },
      {
        what: 'characters of a section',
        used: most(blocks.map(({ text: section }) => lengthOf((section as Json | undefined)?.['text']))),
        most: 3_000,
      },
      { what: 'fields of a section', used: most(fields.map(({ length }) => length)), most: 10 },
      { what: 'characters of a field', used: most(fields.flat().map((field) => lengthOf(field['text']))), most: 2_000 },
      { what: 'blocks', used: blocks.length, most: 50 },
    ];
  },
  /** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
  discord({ embeds }) {
    const all = listOf(embeds);
    const fields = all.map((embed) => listOf(embed['fields']));
    const total = all.reduce((sum, embed, index) => {
      const texts = [
        embed['title'],
        embed['description'],
        (embed['footer'] as Json | undefined)?.['text'],
        ...fields[index]!.flatMap(({ name, value }) => [name, value]),
      ];
      return texts.reduce<number>((length, text) => length + lengthOf(text), sum);
    }, 0);
    return [
      { what: 'characters of all embeds', used: total, most: 6_000 },
      { what: 'characters of a title', used: most(all.map(({ title }) => lengthOf(title))), most: 256 },
      {
        what: 'characters of a description',
        used: most(all.map(({ description }) => lengthOf(description))),
        most: 4_096,
      },
      { what: 'fields of an embed', used: most(fields.map(({ length }) => length)), most: 25 },
      { what: 'characters of a field', used: most(fields.flat().map(({ value }) => lengthOf(value))), most: 1_024 },
      { what: 'embeds', used: all.length, most: 10 },
    ];
  },
  /** RFC 5322, 2.1.1: a header line has 998 characters at the most. */
  email: ({ subject }) => [{ what: 'characters of the subject', used: lengthOf(subject), most: 998 }],
  /** https://core.telegram.org/bots/api#sendmessage */
  telegram: ({ text }) => [{ what: 'characters of the message', used: lengthOf(text), most: 4_096 }],
  /** https://learn.microsoft.com/microsoftteams/limits-specifications-teams */
  teams: (_, request) => [{ what: 'bytes of the card', used: bytesOf(request), most: 28_672 }],
  /** https://developer.pagerduty.com/docs/send-alert-event */
  pagerduty: ({ payload }, request) => [
    { what: 'characters of the summary', used: lengthOf((payload as Json | undefined)?.['summary']), most: 1_024 },
    { what: 'bytes of the event', used: bytesOf(request), most: 524_288 },
  ],
};

function jsonOf(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

function bytesOf(request: unknown): number {
  return typeof request === 'string' ? Buffer.byteLength(request) : 0;
}

function most(numbers: readonly number[]): number {
  return Math.max(0, ...numbers);
}
