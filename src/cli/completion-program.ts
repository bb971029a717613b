/** The commands of completion: the script for a shell, and what that script asks. */
import { Argument, type Command } from 'commander';
import { print, type Outside } from './outside.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export function addCompletion(program: Command, outside: Outside): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell: (typeof SHELLS)[number]) => {
      const { completionScript } = await import('./commands.ts');
      print(outside.stdout, completionScript(shell));
    });
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const { candidates } = await import('./commands.ts');
      const found = await candidates(words, program, outside);
      if (found.length > 0) print(outside.stdout, found.join('\n'));
    });
}
