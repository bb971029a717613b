/** The commands that show, test and compare an edit, and those that look at a running collector. */
import type { Command, Option } from 'commander';
import type { CheckOptions } from './check.ts';
import type { ExplainCommand } from './explain.ts';
import type { Outside } from './outside.ts';
import type { PlanOptions } from './plan.ts';
import type { ReplayOptions } from './replay.ts';
import type { TapOptions } from './tap.ts';
import type { TopOptions } from './top.ts';

/** `command` adds one with the options that all have; `ended` takes the exit status. */
export function addEditing(
  command: (name: string, description: string) => Command,
  format: () => Option,
  outside: Outside,
  ended: (status: number) => void,
): void {
  command('plan', 'what a running collector would do with another file')
    .argument('<new-file>', 'the edited file')
    .addOption(format())
    .action(async (newFile: string, options: PlanOptions) => {
      const { plan } = await import('./commands.ts');
      ended(await plan(newFile, options, outside));
    });
  command('check', 'run the tests of a file')
    .argument('[name]', 'only tests with this in their name')
    .addOption(format())
    .action(async (name: string | undefined, options: CheckOptions) => {
      const { check } = await import('./commands.ts');
      ended(await check(name, options, outside));
    });
  command('explain', 'what would become of a line, up to the requests that would be sent; sends nothing')
    .argument('[line]', 'as it comes in; without one, --file or standard input')
    .option('--file <file>', 'read the text from a file; - is standard input')
    .option('--receiver <id>', 'the receiver that takes it; each that could, unless said')
    .option('--preview <file.html>', 'write a page that shows the messages as people will see them')
    .addOption(format())
    .action(async (line: string | undefined, options: ExplainCommand) => {
      const { explain } = await import('./commands.ts');
      ended(await explain(line, options, outside));
    });
  command('replay', 'run recorded traffic or log files through the file and an edited one, and compare; sends nothing')
    .argument('[files...]', 'log files; the recorded traffic (service.record) unless said')
    .requiredOption('--against <file>', 'the edited file')
    .option('--receiver <id>', 'the receiver that the lines of the files come to')
    .addOption(format())
    .action(async (files: string[], options: ReplayOptions) => {
      const { replay } = await import('./commands.ts');
      ended(await replay(files, options, outside));
    });
  command('top', 'rates, queues and errors of the running collector; q quits')
    .addOption(format())
    .action(async (options: TopOptions) => {
      const { top } = await import('./commands.ts');
      ended(await top(options, outside));
    });
  command('tap', 'events of the running collector as they go by, dropped ones with the reason')
    .argument('[id]', 'a receiver, pipeline, processor or exporter; all unless said')
    .option('-n, --count <events>', 'end after so many')
    .addOption(format())
    .action(async (id: string | undefined, options: TapOptions) => {
      const { tap } = await import('./commands.ts');
      ended(await tap(id, options, outside));
    });
}
