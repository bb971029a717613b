/** Bars of the scenarios that have a peer, each against the best figure of its own. Readable in light and dark. */
import { ratioOf } from './table.mjs';
import { rounded } from './numbers.mjs';

const LEFT = 170;
const BAR = 360;
const WIDTH = LEFT + BAR + 190;
const LINE = 18;
const GAP = 34;

export function chart({ results, machine, at }) {
  let y = 44;
  const parts = [];
  for (const result of results) {
    const ratio = ratioOf(result);
    if (ratio === undefined) continue;
    const most = Math.max(...result.agents.map(({ value }) => value ?? 0));
    parts.push(text(12, y, 'title', `${result.title}${result.lessIsBetter ? ' (less is better)' : ''}`));
    parts.push(text(WIDTH - 12, y, 'ratio', `${ratio.toFixed(2)}×`));
    for (const { agent, value } of result.agents) {
      if (value === undefined) continue;
      y += LINE;
      const width = Math.max(2, Math.round((value / most) * BAR));
      parts.push(text(LEFT - 8, y + 4, 'name', agent));
      parts.push(
        `<rect class="${agent.startsWith('collector') ? 'own' : 'peer'}" x="${LEFT}" y="${y - 7}" width="${width}" height="13" rx="2"/>`,
      );
      parts.push(text(LEFT + width + 6, y + 4, 'value', `${rounded(value)} ${result.unit}`));
    }
    y += GAP;
  }
  const how = 'One core for each agent; medians; compare, do not quote.';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 26}" font-family="system-ui, sans-serif" font-size="12">
<style>
text { fill: #24292f } .title { font-weight: 600 } .ratio { font-weight: 600; text-anchor: end } .name { text-anchor: end }
.value, .foot { fill: #57606a } .own { fill: #0969da } .peer { fill: #8c959f }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .value, .foot { fill: #9198a1 } .own { fill: #4493f8 } .peer { fill: #656c76 } }
</style>
${parts.join('\n')}
${text(12, y, 'foot', how)}
${text(12, y + 16, 'foot', `${machine}; ${at.slice(0, 10)}`)}
</svg>
`;
}

function text(x, y, style, content) {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text x="${x}" y="${y}" class="${style}">${safe}</text>`;
}
