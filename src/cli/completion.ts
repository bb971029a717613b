/**
 * Completion at the shell's prompt: commands, options, and ids from the pipeline file. The shells
 * only ask; what there is to complete is told here, by `complete`.
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { load } from '../agent/loading.ts';
import { catalog } from '../catalog.ts';
import type { Configuration } from '../component/configuration.ts';
import { readTests } from '../simulation/tests-block.ts';
import type { Outside } from './outside.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** Where the shell should complete names of files. */
const FILES = ':files';

const FILE_OPTIONS = new Set(['--config', '--file', '--against', '--preview']);

/** What the last of `words` (those after the program's name) may be completed to. Never fails: at worst there is nothing. */
export async function candidates(
  words: readonly string[],
  program: Command,
  { env }: Pick<Outside, 'env'>,
): Promise<readonly string[]> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const command = program.commands.find((one) => one.name() === before.find((word) => !word.startsWith('-')));
  if (!command) return matching(namesOf(program), typed);
  const option = command.options.find(
    ({ short, long, required, optional }) => [short, long].includes(before.at(-1)) && (required || optional),
  );
  if (option) {
    if (FILE_OPTIONS.has(option.long ?? '')) return [FILES];
    return matching(option.argChoices ?? idsFor(option.long ?? '', await configurationOf(before, env)), typed);
  }
  if (typed.startsWith('-'))
    return matching(
      command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : [])).concat('--help'),
      typed,
    );
  switch (command.name()) {
    case 'plan':
    case 'replay':
      return [FILES];
    case 'completion':
      return matching(SHELLS, typed);
    case 'components':
      return matching([...catalog.receivers.keys(), ...catalog.processors.keys(), ...catalog.exporters.keys()], typed);
    case 'tap':
    case 'check':
      return matching(idsFor(command.name(), await configurationOf(before, env)), typed);
    default:
      return [];
  }
}

function namesOf(program: Command): string[] {
  // Hidden ones have no description.
  return program.commands.filter((one) => one.description() !== '').map((one) => one.name());
}

function idsFor(what: string, configuration: Configuration | undefined): readonly string[] {
  if (!configuration) return [];
  const { receivers, processors, exporters, pipelines } = configuration;
  if (what === '--receiver') return [...receivers.keys()];
  if (what === '--name') return [...exporters.keys()];
  if (what === 'check') return readTests(configuration).tests.map(({ name }) => name);
  if (what !== 'tap') return [];
  const stages = [...pipelines.values()].flatMap(({ stages: of }) => of.map(({ key }) => key));
  return [...new Set([...receivers.keys(), ...pipelines.keys(), ...processors.keys(), ...stages, ...exporters.keys()])];
}

/** Of the file that the words name, else of the usual one. */
async function configurationOf(words: readonly string[], env: Outside['env']): Promise<Configuration | undefined> {
  const at = words.findLastIndex((word) => word === '-c' || word === '--config');
  const file = at === -1 ? 'collector.yaml' : (words[at + 1] ?? 'collector.yaml');
  return (await load(resolve(file), { env, noSecrets: true })).configuration;
}

function matching(all: readonly string[], typed: string): string[] {
  return [...new Set(all)].filter((one) => one.startsWith(typed)).sort();
}

/** What a shell is to run: `lnmt-collector completion bash > /etc/bash_completion.d/lnmt-collector`. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion of lnmt-collector: source this, or put it in /etc/bash_completion.d
_lnmt_collector() {
  local IFS=$'\\n' found
  found=$("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ $found == '${FILES}' ]]; then
    compopt -o default
    COMPREPLY=()
  else
    COMPREPLY=($found)
  fi
}
complete -F _lnmt_collector lnmt-collector integrations_ctl
`,
  zsh: `#compdef lnmt-collector integrations_ctl
# zsh completion of lnmt-collector: put it in a folder of $fpath as _lnmt-collector
_lnmt_collector() {
  local -a found
  found=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ $found[1] == '${FILES}' ]]; then _files; else compadd -a found; fi
}
compdef _lnmt_collector lnmt-collector integrations_ctl
`,
  fish: `# fish completion of lnmt-collector: put it in ~/.config/fish/completions/lnmt-collector.fish
function __lnmt_collector
  set -l words (commandline -opc) (commandline -ct)
  set -l found ($words[1] complete -- $words[2..] 2>/dev/null)
  if test "$found" = '${FILES}'
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $found
  end
end
complete -c lnmt-collector -f -a '(__lnmt_collector)'
complete -c integrations_ctl -f -a '(__lnmt_collector)'
`,
};
