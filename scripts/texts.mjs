/**
 * Checks the texts: every relative link leads to a file and every #anchor to a heading, and the
 * change log has a section for what is not released yet or for the version at hand. (The YAML in
 * them is loaded by test/docs.)
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const texts = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...readdirSync('docs', { recursive: true })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].sort();
const problems = [...texts.flatMap(brokenLinks), ...changeLogProblems()];

for (const problem of problems) console.log(problem);
if (problems.length > 0) process.exitCode = 1;

function brokenLinks(file) {
  return linesOf(file).flatMap((line, index) =>
    [...line.matchAll(/\]\(([^()\s]+)\)|\bsrc="([^"]+)"/g)]
      .map((match) => match[1] ?? match[2])
      .filter((link) => !/^[a-z]+:/.test(link))
      .map((link) => problemWith(file, link))
      .filter(Boolean)
      .map((problem) => `${file}:${index + 1}: ${problem}`),
  );
}

function problemWith(file, link) {
  const [path, anchor] = link.split('#');
  const target = path === '' ? file : join(dirname(file), path);
  if (!existsSync(target)) return `the link to ${link} leads nowhere: there is no ${relative('.', target)}`;
  if (!anchor || statSync(target).isDirectory() || headingsOf(target).includes(anchor)) return undefined;
  return `the link to ${link} leads nowhere: ${target} has no such heading`;
}

/** The anchors that GitHub makes of a file's headings. */
function headingsOf(file) {
  return linesOf(file)
    .filter((line) => /^#+ /.test(line))
    .map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    );
}

/** The lines of a text; those inside of code blocks are empty. */
function linesOf(file) {
  let code = false;
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => {
      if (/^\s*```/.test(line)) code = !code;
      return code ? '' : line;
    });
}

function changeLogProblems() {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const sections = linesOf('CHANGELOG.md').flatMap((line) => /^## \[([^\]]+)\]/.exec(line)?.[1] ?? []);
  if (sections[0] === 'Unreleased' || sections[0] === version) return [];
  return [`CHANGELOG.md: the first section is neither [Unreleased] nor [${version}]`];
}
