/** A Discord message as its reader sees it: embeds, and enough of its Markdown for what the exporter makes. */
import { clockText, escapeHtml } from './escape.ts';

interface Embed {
  readonly title?: string;
  readonly description?: string;
  readonly color?: number;
  readonly fields?: readonly { readonly name: string; readonly value: string; readonly inline?: boolean }[];
  readonly footer?: { readonly text: string };
  readonly timestamp?: string;
}

interface Message {
  readonly username?: string;
  readonly embeds?: readonly Embed[];
}

export function discordHtml(request: string, at: number): string {
  const { username = 'Captain Hook', embeds = [] } = JSON.parse(request) as Message;
  return `<div class="discord"><div class="avatar" aria-hidden="true"></div><div class="said">
<div><b>${escapeHtml(username)}</b> <span class="app">APP</span> <span class="soft">${clockText(at)}</span></div>
${embeds.map(embedHtml).join('\n')}
</div></div>`;
}

function embedHtml({ title, description, color = 0, fields = [], footer, timestamp }: Embed): string {
  const foot = [footer?.text, timestamp === undefined ? undefined : clockText(Date.parse(timestamp))].filter(
    (part) => part !== undefined && part !== '',
  );
  return `<div class="embed" style="border-color:#${color.toString(16).padStart(6, '0')}">
${title === undefined ? '' : `<div><b>${markdownHtml(title)}</b></div>`}
${description === undefined ? '' : `<div>${markdownHtml(description)}</div>`}
${fields.length === 0 ? '' : `<div class="fields">${fields.map(({ name, value, inline }) => `<div${inline ? '' : ' class="whole"'}><b>${markdownHtml(name)}</b><br>${markdownHtml(value)}</div>`).join('')}</div>`}
${foot.length === 0 ? '' : `<div class="soft small">${foot.map((part) => escapeHtml(part ?? '')).join(' • ')}</div>`}
</div>`;
}

export function markdownHtml(text: string): string {
  return text
    .split(/(```[\s\S]*?```|`[^`\n]+`|\\[\s\S])/)
    .map((piece) => {
      if (piece.startsWith('```') && piece.length >= 6)
        return `<pre>${escapeHtml(piece.slice(3, -3).replace(/^\n|\n$/g, ''))}</pre>`;
      if (piece.startsWith('`')) return `<code>${escapeHtml(piece.slice(1, -1))}</code>`;
      // Escaped: the character itself, which must not begin any markup.
      if (piece.startsWith('\\')) return `&#${piece.codePointAt(1) ?? 92};`;
      return escapeHtml(piece)
        .replaceAll(/\*\*([^*]+)\*\*/g, '<b>$1</b>')
        .replaceAll(/(?<!\w)[*_]([^*_\n]+)[*_](?!\w)/g, '<i>$1</i>')
        .replaceAll(/~~([^~]+)~~/g, '<s>$1</s>')
        .replaceAll('\n', '<br>');
    })
    .join('');
}
