import { rounded } from './numbers.mjs';

const MAIN = 'collector';

export function heading(agents) {
  const names = agents.map(({ name }) => name);
  return `| scenario | ${names.join(' | ')} | against the best peer |\n| --- |${' --- |'.repeat(names.length + 1)}`;
}

export function row(result, agents) {
  const cells = agents.map(({ name }) => cell(result.agents.find(({ agent }) => agent === name)));
  const ratio = ratioOf(result);
  return `| ${result.title}, ${result.unit} | ${cells.join(' | ')} | ${ratio === undefined ? '' : `${ratio.toFixed(2)}×`} |`;
}

/** The collector's figure, as it is set up to be `compared`, over the best peer's: more is better for rates, less for times. */
export function ratioOf({ agents, lessIsBetter, compared = MAIN }) {
  const own = agents.find(({ agent }) => agent === compared)?.value;
  const peers = agents.filter(({ agent, value }) => !agent.startsWith(MAIN) && value).map(({ value }) => value);
  if (own === undefined || peers.length === 0) return undefined;
  return own / (lessIsBetter ? Math.min(...peers) : Math.max(...peers));
}

function cell(figures) {
  if (!figures || figures.value === undefined) return '';
  const { value, lost, cpu, rss, syncsPerSecond, eventsPerSync, bytesPerEvent } = figures;
  const notes = [
    lost > 0 && `${lost} lost`,
    cpu !== undefined && `${cpu.toFixed(2)} CPU s`,
    rss !== undefined && `${Math.round(rss)} MB`,
    syncsPerSecond !== undefined && `${rounded(syncsPerSecond)} syncs/s`,
    eventsPerSync !== undefined && `${rounded(eventsPerSync)} events a sync`,
    bytesPerEvent !== undefined && `${rounded(bytesPerEvent)} bytes an event`,
  ].filter(Boolean);
  return notes.length > 0 ? `${rounded(value)} (${notes.join(', ')})` : rounded(value);
}
