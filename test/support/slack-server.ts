/** A server that answers as Slack's incoming webhooks do. */
import { serve, type TestAnswer, type TestServer } from './http-server.ts';

export interface SlackText {
  readonly type: string;
  readonly text: string;
}

export interface SlackBlock {
  readonly type: string;
  readonly text?: SlackText;
  readonly fields?: readonly SlackText[];
  readonly elements?: readonly SlackText[];
}

export interface SlackPayload {
  readonly text?: string;
  readonly attachments?: readonly {
    readonly color?: string;
    readonly fallback?: string;
    readonly blocks?: readonly SlackBlock[];
  }[];
}

export interface SlackServer extends TestServer {
  /** What was posted and taken, in order. */
  readonly messages: SlackPayload[];
}

/** `busy` says of the n-th request (from 1) for how many seconds Slack wants to be left alone, if at all. */
export async function serveSlack({
  busy = () => undefined,
}: { busy?: (count: number) => number | undefined } = {}): Promise<SlackServer> {
  const messages: SlackPayload[] = [];
  const server = await serve(({ method, headers, body }, count): TestAnswer => {
    const seconds = busy(count);
    if (seconds !== undefined)
      return { status: 429, body: 'rate_limited', headers: { 'retry-after': String(seconds) } };
    if (method !== 'POST') return { status: 405, body: 'invalid_method' };
    if (!headers['content-type']?.startsWith('application/json')) return { status: 400, body: 'invalid_payload' };
    const payload = payloadOf(body);
    const trouble = payload ? troubleWith(payload) : 'invalid_payload';
    if (trouble !== undefined) return { status: 400, body: trouble };
    messages.push(payload!);
    return { status: 200, body: 'ok' };
  });
  return { ...server, messages };
}

function payloadOf(body: string): SlackPayload | undefined {
  try {
    return JSON.parse(body) as SlackPayload;
  } catch {
    return undefined;
  }
}

/** The limits that Slack documents: https://docs.slack.dev/reference/block-kit/blocks */
function troubleWith({ text, attachments = [] }: SlackPayload): string | undefined {
  const blocks = attachments.flatMap((attachment) => attachment.blocks ?? []);
  if ((text ?? '') === '' && attachments.length === 0) return 'no_text';
  if (attachments.length > 100) return 'too_many_attachments';
  for (const { type, text: section, fields = [], elements = [] } of blocks) {
    if (!['section', 'context', 'header', 'divider'].includes(type)) return 'invalid_blocks';
    if (type === 'section' && !section && fields.length === 0) return 'invalid_blocks';
    if ((section && (section.text === '' || section.text.length > 3_000)) || fields.length > 10 || elements.length > 10)
      return 'invalid_blocks';
    if (fields.some((field) => field.text === '' || field.text.length > 2_000)) return 'invalid_blocks';
  }
  return blocks.length > 50 ? 'invalid_blocks' : undefined;
}
