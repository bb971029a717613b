/**
 * A file with about so many more components: half of them enrich processors with templates, a
 * quarter filters with conditions, a quarter HTTP exporters; ten pipelines wire them.
 */
export function manyComponents(yaml, components, level) {
  const quarter = Math.floor(components / 4);
  const numbers = Array.from({ length: quarter }, (_, index) => index);
  const processors = numbers.flatMap((n) => [
    `  enrich/site${n}: { set: { site: s${n}, origin: '{{ metadata.hostname }}/${n}' } }`,
    `  enrich/tag${n}: { tags: [tag${n}] }`,
    `  filter/worth${n}: { when: 'level >= ${n === 0 ? level : 'critical'} && source.startsWith("app${n}")' }`,
  ]);
  const exporters = numbers.map((n) => `  http/${n}: { url: 'http://127.0.0.1:9/${n}', queue: { type: memory } }`);
  const pipelines = Array.from({ length: 10 }, (_, p) => {
    const own = numbers.filter((n) => n % 10 === p);
    const stages = own.flatMap((n) => [`filter/worth${n}`, `enrich/site${n}`, `enrich/tag${n}`]);
    return `  many${p}: { receivers: [in], processors: [${stages.join(', ')}], exporters: [${own.map((n) => `http/${n}`).join(', ')}] }`;
  });
  return yaml
    .replace('exporters:\n', `processors:\n${processors.join('\n')}\nexporters:\n${exporters.join('\n')}\n`)
    .replace('pipelines:\n', `pipelines:\n${pipelines.join('\n')}\n`);
}
