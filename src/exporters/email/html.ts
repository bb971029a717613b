/**
 * The HTML body: tables and inline styles, for Outlook and Gmail keep little else; the style sheet
 * only adds what they may drop, dark colours and narrow windows.
 */
import type { Level } from '../../component/event.ts';
import { LEVEL_COLORS } from '../../lib/layout.ts';
import type { ReportList, ReportParts } from '../../lib/report-parts.ts';
import type { Facts } from './facts.ts';

const FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace";

/** White on amber cannot be read. */
const BADGE_INK: Readonly<Record<Level, string>> = {
  debug: '#ffffff',
  info: '#ffffff',
  warning: '#2a1c00',
  error: '#ffffff',
  critical: '#ffffff',
};

const STYLES = `
    @media (max-width: 480px) {
      .page { padding: 0 !important; }
      .card { border-radius: 0 !important; border-left: 0 !important; border-right: 0 !important; }
      .pad { padding-left: 16px !important; padding-right: 16px !important; }
      .name { width: 34% !important; }
    }
    @media (prefers-color-scheme: dark) {
      .body { background: #14171c !important; }
      .card { background: #1e232b !important; border-left-color: #323a46 !important; border-right-color: #323a46 !important; border-bottom-color: #323a46 !important; }
      .ink { color: #eceff4 !important; }
      .soft { color: #a3adbd !important; }
      .box { background: #161a20 !important; border-color: #323a46 !important; color: #dfe4ec !important; }
      .line { border-color: #323a46 !important; }
      .tag { background: #2d3540 !important; color: #cdd5e1 !important; }
    }`;

export function htmlOfOne(facts: Facts): string {
  return page(facts.title, facts.body || facts.origin, card(facts));
}

export function htmlOfMany(heading: string, all: readonly Facts[], hidden: number): string {
  const more =
    hidden > 0
      ? `<p class="soft" style="margin:0;${FONT};font-size:13px;color:#5d6778">${hidden} more events are not shown.</p>`
      : '';
  const title = `<p class="ink" style="margin:0 0 16px;${FONT};font-size:18px;font-weight:600;color:#1b2230">${escapeHtml(heading)}</p>`;
  return page(
    heading,
    all
      .map(({ title }) => title)
      .join(' · ')
      .slice(0, 200),
    title + all.map(card).join('\n') + more,
  );
}

function page(title: string, preview: string, content: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <meta name="supported-color-schemes" content="light dark">
  <title>${escapeHtml(title)}</title>
  <style>${STYLES}
  </style>
</head>
<body class="body" style="margin:0;padding:0;background:#eef0f3;-webkit-text-size-adjust:100%">
<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(preview.slice(0, 200))}</div>
<table role="presentation" class="body" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#eef0f3"><tr><td class="page" align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:640px;text-align:left"><tr><td>
${content}
</td></tr></table>
</td></tr></table>
</body>
</html>
`;
}

function card(facts: Facts): string {
  const color = LEVEL_COLORS[facts.level];
  const rows = [
    cell(`${badge(facts.level, color)}${facts.eventType === 'custom' ? '' : kind(facts.eventType)}`, '20px 24px 0'),
    cell(
      `<h1 class="ink" style="margin:0;${FONT};font-size:20px;line-height:1.35;font-weight:600;color:#1b2230;word-break:break-word">${escapeHtml(facts.title)}</h1>`,
      '12px 24px 0',
    ),
    cell(
      `<span class="soft" style="${FONT};font-size:14px;line-height:1.5;color:#5d6778">${escapeHtml(facts.origin)}<br>${escapeHtml(facts.local)}</span>`,
      '6px 24px 0',
    ),
  ];
  if (facts.report) rows.push(cell(reportTables(facts.report), '16px 24px 0'));
  else if (facts.body !== '') rows.push(cell(messageBox(facts.body), '16px 24px 0'));
  if (facts.details.length > 0) rows.push(cell(detailsTable(facts.details), '16px 24px 0'));
  if (facts.tags.length > 0) rows.push(cell(facts.tags.map(tag).join(' '), '16px 24px 0'));
  rows.push(cell(footer(facts), '20px 24px 20px'));
  return `<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#ffffff;border:1px solid #dde1e7;border-top:4px solid ${color};border-radius:6px;margin-bottom:16px;table-layout:fixed">
${rows.join('\n')}
</table>`;
}

function cell(content: string, padding: string): string {
  return `<tr><td class="pad" style="padding:${padding}">${content}</td></tr>`;
}

function badge(level: Level, color: string): string {
  return `<span style="display:inline-block;padding:3px 10px;border-radius:4px;background:${color};color:${BADGE_INK[level]};${FONT};font-size:12px;font-weight:700;letter-spacing:.06em;text-transform:uppercase">${level}</span>`;
}

function kind(eventType: string): string {
  return `&nbsp; <span class="soft" style="${FONT};font-size:13px;color:#5d6778">${escapeHtml(eventType)}</span>`;
}

function messageBox(body: string): string {
  // Code and stack traces come over several lines: a sentence reads better in the text's own font.
  const font = body.includes('\n') ? `${MONO};font-size:13px` : `${FONT};font-size:15px`;
  return `<div class="box" style="padding:12px 14px;background:#f6f7f9;border:1px solid #e3e6eb;border-radius:4px;${font};line-height:1.5;color:#1b2230;white-space:pre-wrap;word-break:break-word;overflow-wrap:anywhere">${escapeHtml(body)}</div>`;
}

function reportTables({ intro, lists }: ReportParts): string {
  const text = `<p class="ink" style="margin:0;${FONT};font-size:15px;line-height:1.5;color:#1b2230">${intro.map(escapeHtml).join('<br>')}</p>`;
  return text + lists.map(countsTable).join('');
}

/** Counts in a column of their own, right-aligned. */
function countsTable({ heading, rows }: ReportList): string {
  const lines = rows.map(
    ([count, what]) =>
      `<tr><td class="ink" valign="top" align="right" style="padding:3px 12px 3px 0;${FONT};font-size:14px;line-height:1.45;font-weight:600;font-variant-numeric:tabular-nums;color:#1b2230;white-space:nowrap">${count}</td>` +
      `<td class="ink" valign="top" width="100%" style="padding:3px 0;${FONT};font-size:14px;line-height:1.45;color:#1b2230;word-break:break-word;overflow-wrap:anywhere">${escapeHtml(what)}</td></tr>`,
  );
  return (
    `<h2 class="soft line" style="margin:20px 0 6px;padding-bottom:4px;border-bottom:1px solid #e8ebef;${FONT};font-size:13px;font-weight:600;color:#5d6778">${escapeHtml(heading)}</h2>` +
    `<table cellpadding="0" cellspacing="0" border="0" width="100%" style="border-collapse:collapse">${lines.join('\n')}</table>`
  );
}

function detailsTable(details: Facts['details']): string {
  const edge = 'border-bottom:1px solid #e8ebef';
  const rows = details.map(
    ([name, value]) =>
      `<tr><td class="soft line name" width="30%" valign="top" style="width:30%;padding:7px 12px 7px 0;${edge};${FONT};font-size:13px;line-height:1.45;color:#5d6778;word-break:break-word">${escapeHtml(name)}</td>` +
      `<td class="ink line" valign="top" style="padding:7px 0;${edge};${FONT};font-size:13px;line-height:1.45;color:#1b2230;white-space:pre-wrap;word-break:break-word;overflow-wrap:anywhere">${escapeHtml(value)}</td></tr>`,
  );
  return `<table width="100%" cellpadding="0" cellspacing="0" border="0" style="table-layout:fixed;border-collapse:collapse">${rows.join('\n')}</table>`;
}

function tag(text: string): string {
  return `<span class="tag" style="display:inline-block;margin:0 4px 4px 0;padding:2px 9px;border-radius:10px;background:#e8ebf0;color:#3c4656;${FONT};font-size:12px">${escapeHtml(text)}</span>`;
}

function footer({ eventId, local, utc }: Facts): string {
  const time = local === utc ? '' : `${escapeHtml(utc)} &middot; `;
  return `<span class="soft" style="${FONT};font-size:12px;line-height:1.5;color:#727c8c;word-break:break-word">${time}Event ${escapeHtml(eventId)}</span>`;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
