/** A mail as its reader sees it: the headers, and the HTML part in a frame of its own that may run nothing. */
import { escapeHtml } from './escape.ts';

export interface PreviewMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export function mailHtml({ subject, text, html }: PreviewMail): string {
  return `<div class="mail"><div class="subject">${escapeHtml(subject)}</div>
<iframe sandbox title="${escapeHtml(subject)}" srcdoc="${escapeHtml(html)}"></iframe>
<details><summary>as plain text</summary><pre>${escapeHtml(text)}</pre></details></div>`;
}
