/** `dead-letters list | show | replay | purge`: their options and their help. */
import type { Command, Option } from 'commander';
import type { DeadLetterOptions } from './dead-letters.ts';
import type { Outside } from './outside.ts';

/** Adds them to the program. `ended` takes the exit status. */
export function addDeadLetters(
  program: Command,
  format: () => Option,
  outside: Outside,
  ended: (status: number) => void,
): void {
  const letters = program
    .command('dead-letters')
    .description('what a destination refused for good: list, show, send again, throw away');
  const command = (name: string, description: string): Command =>
    letters
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the pipeline file', 'collector.yaml')
      .option('-n, --name <exporter>', 'only those of this exporter')
      .addOption(format());

  command('list', 'each with its event, the number of tries and what the destination said').action(
    async (options: DeadLetterOptions) => {
      const { listLetters } = await import('./commands.ts');
      ended(await listLetters(options, outside));
    },
  );
  command('show', 'all there is to know of some')
    .argument('<ids...>', 'of letters, as list shows them, or of events')
    .action(async (ids: string[], options: DeadLetterOptions) => {
      const { showLetters } = await import('./commands.ts');
      ended(await showLetters(ids, options, outside));
    });
  command('replay', 'put them back into the queues of their exporters, past filters and limits')
    .argument('[ids...]', 'of letters, as list shows them, or of events')
    .option('--all', 'every letter')
    .action(async (ids: string[], options: DeadLetterOptions) => {
      const { replayLetters } = await import('./commands.ts');
      ended(await replayLetters(ids, options, outside));
    });
  command('purge', 'throw them away')
    .argument('[ids...]', 'of letters, as list shows them, or of events')
    .option('--all', 'every letter')
    .option('--older-than <time>', 'only those refused longer ago, such as 7d')
    .action(async (ids: string[], options: DeadLetterOptions) => {
      const { purgeLetters } = await import('./commands.ts');
      ended(await purgeLetters(ids, options, outside));
    });
}
