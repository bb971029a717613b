/** A Slack message as its reader sees it: enough of mrkdwn and blocks for what the exporter makes. */
import { clockText, escapeHtml } from './escape.ts';

interface Block {
  readonly type: string;
  readonly text?: { readonly text: string };
  readonly fields?: readonly { readonly text: string }[];
  readonly elements?: readonly { readonly text: string }[];
}

interface Message {
  readonly text?: string;
  readonly username?: string;
  readonly channel?: string;
  readonly attachments?: readonly { readonly color?: string; readonly blocks?: readonly Block[] }[];
}

export function slackHtml(request: string, at: number): string {
  const { text, username = 'incoming-webhook', channel, attachments = [] } = JSON.parse(request) as Message;
  const bars = attachments.map(
    ({ color = '#ddd', blocks = [] }) =>
      `<div class="bar" style="border-color:${escapeHtml(color)}">${blocks.map(blockHtml).join('')}</div>`,
  );
  const where = channel === undefined ? '' : ` <span class="soft">in ${escapeHtml(channel)}</span>`;
  return `<div class="slack"><div class="avatar" aria-hidden="true"></div><div class="said">
<div><b>${escapeHtml(username)}</b> <span class="app">APP</span> <span class="soft">${clockText(at)}</span>${where}</div>
${text === undefined ? '' : `<div>${mrkdwnHtml(text)}</div>`}
${bars.join('\n')}
</div></div>`;
}

function blockHtml({ type, text, fields = [], elements = [] }: Block): string {
  if (type === 'context')
    return `<div class="soft small">${elements.map((element) => mrkdwnHtml(element.text)).join(' ')}</div>`;
  const section = text ? `<div>${mrkdwnHtml(text.text)}</div>` : '';
  return `${section}${fields.length === 0 ? '' : `<div class="fields">${fields.map((field) => `<div>${mrkdwnHtml(field.text)}</div>`).join('')}</div>`}`;
}

/** In mrkdwn `&`, `<` and `>` are written as in HTML already; what is in angle brackets is Slack's own. */
export function mrkdwnHtml(text: string): string {
  return text
    .split(/(```[\s\S]*?```|`[^`\n]+`|<[^<>]*>)/)
    .map((piece) => {
      if (piece.startsWith('```')) return `<pre>${quoted(piece.slice(3, -3).replace(/^\n|\n$/g, ''))}</pre>`;
      if (piece.startsWith('`')) return `<code>${quoted(piece.slice(1, -1))}</code>`;
      if (piece.startsWith('<')) return tokenHtml(piece.slice(1, -1));
      return quoted(piece)
        .replaceAll(/(?<![\w*])\*([^*\n]+)\*(?![\w*])/g, '<b>$1</b>')
        .replaceAll(/(?<![\w_])_([^_\n]+)_(?![\w_])/g, '<i>$1</i>')
        .replaceAll(/(?<![\w~])~([^~\n]+)~(?![\w~])/g, '<s>$1</s>')
        .replaceAll('\n', '<br>');
    })
    .join('');
}

/** `!date^seconds^format|fallback`, `https://…|label`, `@U…`. */
function tokenHtml(token: string): string {
  const [what = '', label] = token.split('|', 2);
  const seconds = /^!date\^(\d+)\^/.exec(what)?.[1];
  if (seconds !== undefined) return clockText(Number(seconds) * 1_000);
  if (/^https?:|^mailto:/.test(what)) return `<u>${quoted(label ?? what)}</u>`;
  return `<mark>${quoted(label ?? what)}</mark>`;
}

function quoted(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
