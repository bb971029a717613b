/** The page of `explain --preview`: each message as a person will see it, in light and dark, wide and narrow. */
import { discordHtml } from './discord.ts';
import { escapeHtml } from './escape.ts';
import type { Limit } from './limits.ts';
import { mailHtml, type PreviewMail } from './mail.ts';
import { slackHtml } from './slack.ts';

export interface Previewed {
  readonly exporter: string;
  readonly type: string;
  readonly request: unknown;
  /** As it would be sent, for destinations that no person reads. */
  readonly body: string;
  readonly limits: readonly Limit[];
}

/** One piece of input and the messages that come of it. */
export interface PreviewPart {
  readonly title: string;
  readonly messages: readonly Previewed[];
}

/** `at`, in Unix milliseconds, is when they are shown as having come. Links and loads nothing from outside. */
export function previewPage(parts: readonly PreviewPart[], at: number): string {
  const sections = parts.map(
    ({ title, messages }) =>
      `<section><h2>${escapeHtml(title)}</h2>${messages.map((message) => messageHtml(message, at)).join('\n') || '<p class="soft">Nothing would be sent.</p>'}</section>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>What would be sent</title><style>${STYLE}</style></head>
<body><h1>What would be sent</h1><p class="soft">Nothing was. Fonts and spacing are the applications’ own; texts, order and colours are as here.</p>
${sections.join('\n')}
</body></html>
`;
}

function messageHtml({ exporter, type, request, body, limits }: Previewed, at: number): string {
  const measured = limits.map(
    ({ what, used, most }) =>
      `<li${used > most ? ' class="over"' : ''}>${used.toLocaleString('en')} of ${most.toLocaleString('en')} ${escapeHtml(what)}</li>`,
  );
  return `<article><h3>${escapeHtml(exporter)} <span class="soft">${escapeHtml(type)}</span></h3>
${shown(type, request, body, at)}
${measured.length === 0 ? '' : `<ul class="limits">${measured.join('')}</ul>`}</article>`;
}

function shown(type: string, request: unknown, body: string, at: number): string {
  if (type === 'slack' && typeof request === 'string') return slackHtml(request, at);
  if (type === 'discord' && typeof request === 'string') return discordHtml(request, at);
  if (type === 'email') return mailHtml(request as PreviewMail);
  return `<pre class="raw">${escapeHtml(body)}</pre>`;
}

const STYLE = `
:root { color-scheme: light dark; --page: #f3f4f6; --card: #fff; --ink: #1d1c1d; --soft: #5d6470; --line: #d9dde3; --box: #f6f7f9; --app: #e3e5e8; }
@media (prefers-color-scheme: dark) { :root { --page: #121418; --card: #1c1f24; --ink: #e4e6ea; --soft: #9aa3b2; --line: #363c46; --box: #14171b; --app: #363c46; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 16px 48px; max-width: 820px; background: var(--page); color: var(--ink); font: 15px/1.47 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 15px; font-weight: 600; font-family: ui-monospace, monospace; margin: 32px 0 8px; }
h3 { font-size: 14px; margin: 0 0 12px; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px; margin: 0 0 16px; }
.soft { color: var(--soft); font-weight: 400; } .small { font-size: 12.5px; }
.slack, .discord { display: flex; gap: 10px; } .said { flex: 1; min-width: 0; } .said > div + div { margin-top: 4px; }
.avatar { flex: none; width: 36px; height: 36px; border-radius: 6px; background: linear-gradient(135deg, #4a6fa5, #2d4263); }
.discord .avatar { border-radius: 50%; background: linear-gradient(135deg, #5865f2, #404eed); }
.app { background: var(--app); color: var(--soft); font-size: 10px; font-weight: 700; padding: 1px 4px; border-radius: 3px; vertical-align: 1px; }
.bar { border-left: 4px solid; border-radius: 2px; padding: 2px 0 2px 12px; } .bar > div + div { margin-top: 8px; }
.embed { border-left: 4px solid; border-radius: 4px; background: var(--box); padding: 10px 14px; max-width: 560px; } .embed > div + div { margin-top: 8px; }
.fields { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px 16px; } .embed .fields { grid-template-columns: repeat(3, minmax(0, 1fr)); font-size: 14px; } .whole { grid-column: 1 / -1; }
pre, code { font: 13px/1.5 ui-monospace, monospace; background: var(--box); border: 1px solid var(--line); border-radius: 4px; }
pre { margin: 4px 0; padding: 8px; white-space: pre-wrap; } code { padding: 1px 4px; }
mark { background: #fde9a9; color: #1d1c1d; border-radius: 3px; }
.mail { border: 1px solid var(--line); border-radius: 6px; overflow: hidden; } .subject { font-weight: 600; padding: 10px 14px; border-bottom: 1px solid var(--line); }
iframe { display: block; width: 100%; height: 560px; border: 0; background: var(--page); } details { padding: 8px 14px; border-top: 1px solid var(--line); }
.limits { margin: 12px 0 0; padding: 8px 0 0; border-top: 1px solid var(--line); list-style: none; font-size: 12.5px; color: var(--soft); display: flex; flex-wrap: wrap; gap: 2px 14px; } .over { color: #c62828; font-weight: 600; }
@media (max-width: 480px) { .fields, .embed .fields { grid-template-columns: minmax(0, 1fr); } body { padding: 16px 10px; } article { padding: 12px; } }
`;
