/**
 * Writes docs/reference: a page for every component, from the schemas that also check the YAML.
 * `--check` writes nothing, and fails when a committed page is not what the schemas say.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { loadSource } from './load-source.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
if (!existsSync('src/catalog.ts')) process.exit(0);

const { catalog } = await loadSource('src/catalog.ts');
const { componentsOf } = await loadSource('src/cli/print-components.ts');
const { optionRows } = await loadSource('src/lib/option-rows.ts');
const { serviceSchema } = await loadSource('src/config/service-schema.ts');
const { deliveryProperties } = await loadSource('src/component/delivery-options.ts');

const folder = 'docs/reference';
/** Options that every exporter has are explained once, on a page of their own. */
const COMMON = new Set([...Object.keys(deliveryProperties), 'filters', 'rate_limit']);
const components = componentsOf(catalog);
const pages = new Map([
  ['README.md', indexPage()],
  ['service.md', servicePage()],
  ['exporters/common-options.md', commonPage()],
  ...components.map((component) => [pageOf(component), componentPage(component)]),
]);
if (process.argv.includes('--check')) compare();
else write();

function indexPage() {
  const kinds = [
    ['receiver', 'Receivers', 'Where events come from.'],
    ['processor', 'Processors', 'What happens to them on the way.'],
    ['exporter', 'Exporters', 'Where they go. All have the [common options](exporters/common-options.md) too.'],
  ];
  const sections = kinds.map(([kind, title, sentence]) => {
    const rows = components
      .filter((component) => component.kind === kind)
      .map(
        (component) =>
          `| [${component.type}](${pageOf(component)}) | ${cell(component.summary)} | ${component.stability} |`,
      );
    return `## ${title}\n\n${sentence}\n\n| type | what | stability |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return `# Reference\n\nEvery component and option, and the [service block](service.md). ${origin()}\n\n${sections.join('\n')}`;
}

function componentPage({ kind, type, stability, summary, schema, example }) {
  const rows = optionRows(schema);
  const own = kind === 'exporter' ? rows.filter(({ path }) => !COMMON.has(path.split('.')[0])) : rows;
  const common =
    own.length < rows.length ? '\nThe [common options](common-options.md) of all exporters apply too.\n' : '';
  const yaml = stringify({ [`${kind}s`]: { [type]: example } }, { lineWidth: 100 });
  return [
    `# ${type} ${kind}\n`,
    `${summary}\n`,
    `Stability: ${stability}. ${origin()}\n`,
    `\`\`\`yaml\n${yaml}\`\`\`\n`,
    ...(kind === 'processor' ? samplesOf(type) : []),
    ...(kind === 'receiver' ? receptionsOf(type) : []),
    `## Options\n`,
    `${optionTable(own)}${common}`,
    ...countersOf(kind, type),
  ].join('\n');
}

/** What a processor makes of events. test/docs/samples.test.ts holds it true. */
function samplesOf(type) {
  const { samples = [] } = catalog.processors.get(type);
  return samples.flatMap(({ options, before, after }, index) => [
    ...(index === 0 ? ['## An event before and after\n'] : []),
    `With \`${flow(options)}\`:\n`,
    eventBlock(before),
    eventBlock(after),
  ]);
}

/** What a receiver makes of some bytes, likewise. */
function receptionsOf(type) {
  const { samples = [] } = catalog.receivers.get(type);
  return samples.flatMap(({ options, received, after }, index) => [
    ...(index === 0 ? ['## What comes in, and what it becomes\n'] : []),
    ...(Object.keys(options).length === 0 ? [] : [`With \`${flow(options)}\`:\n`]),
    `\`\`\`text\n${received.trimEnd()}\n\`\`\`\n`,
    eventBlock(after),
  ]);
}

/** One event, or several, one a line. */
function eventBlock(events) {
  const text = Array.isArray(events)
    ? events.map((event) => JSON.stringify(event)).join('\n')
    : JSON.stringify(events, null, 2);
  return `\`\`\`json\n${text}\n\`\`\`\n`;
}

/** The counters of a component's own, as its sources name them: \`context.counter('name', 'description')\`. */
function countersOf(kind, type) {
  const own = join('src', `${kind}s`, type);
  const files = existsSync(own)
    ? readdirSync(own, { recursive: true, encoding: 'utf8' }).map((name) => join(own, name))
    : [];
  const rows = [`${own}.ts`, ...files.sort()]
    .filter((file) => file.endsWith('.ts') && existsSync(file))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/\bcounter\(\s*'(\w+)',\s*'([^']+)'/g)])
    .map(([, name, description]) => `| \`lnmt_collector_${kind}_${name}_total\` | ${cell(description)} |`);
  if (rows.length === 0) return [];
  return [
    `## Counters\n`,
    `In \`/metrics\`, labelled with the id, beside [those that all have](../../architecture.md):\n`,
    `| counter | what it counts |\n| --- | --- |\n${rows.join('\n')}\n`,
  ];
}

/** Options on one line, as YAML. */
function flow(options) {
  return stringify(options, { collectionStyle: 'flow', lineWidth: 0 }).trim();
}

function commonPage() {
  const properties = new Map();
  for (const { schema } of catalog.exporters.values()) {
    for (const [name, field] of Object.entries(schema.properties)) if (COMMON.has(name)) properties.set(name, field);
  }
  const rows = optionRows({ type: 'object', additionalProperties: false, properties: Object.fromEntries(properties) });
  return `# Options of every exporter\n\nBeside its own. ${origin()}\n\n${optionTable(rows)}`;
}

function servicePage() {
  return `# The service block\n\n${serviceSchema.description} ${origin()}\n\n${optionTable(optionRows(serviceSchema))}`;
}

function optionTable(rows) {
  if (rows.length === 0) return 'None.\n';
  const lines = rows.map(({ path, type, required, secret, default: standard, description }) => {
    const fallback = required ? '**required**' : standard === undefined ? '' : `\`${cell(standard)}\``;
    return `| \`${path}\` | ${cell(type)}${secret ? ' (secret)' : ''} | ${fallback} | ${cell(description)} |`;
  });
  return `| option | what to write | default | what it does |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`;
}

function origin() {
  return 'This page is made from the schemas (`npm run docs`).';
}

function pageOf({ kind, type }) {
  return `${kind}s/${type}.md`;
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function write() {
  for (const stale of committed().filter((name) => !pages.has(name))) rmSync(join(folder, stale));
  for (const [name, text] of pages) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  console.log(`${folder}: ${pages.size} pages`);
}

function compare() {
  const problems = [
    ...committed()
      .filter((name) => !pages.has(name))
      .map((name) => `${name}: there is no such component any more`),
    ...[...pages]
      .filter(([name, text]) => textOf(name) !== text)
      .map(([name]) => `${name}: not what the schema says now`),
  ];
  for (const problem of problems) console.log(`${folder}/${problem}`);
  if (problems.length === 0) return;
  console.log('`npm run docs` writes them anew.');
  process.exitCode = 1;
}

function committed() {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
}

function textOf(name) {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
