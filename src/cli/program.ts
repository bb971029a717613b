/** The commands, their options and their help. Each command's work is in a file of its own, loaded when it is called. */
import { Command, CommanderError, Option } from 'commander';
import { LEVELS } from '../component/event.ts';
import { addCompletion } from './completion-program.ts';
import { addDeadLetters } from './dead-letters-program.ts';
import { addEditing } from './editing-program.ts';
import { print, WRONG_USAGE, type Outside } from './outside.ts';
import type { AlertOptions } from './alert.ts';
import type { MonitorOptions } from './monitor.ts';
import type { Configured, Format } from './print.ts';
import type { RunOptions } from './run.ts';
import type { TestOptions } from './test.ts';
import type { ValidateOptions } from './validate.ts';

declare const __VERSION__: string | undefined;

/** From package.json, put in by the build; tests run without one. */
export const VERSION = typeof __VERSION__ === 'string' ? __VERSION__ : '0.0.0';

/** Runs one command. Resolves with the exit status; only a bug throws. */
export async function main(args: readonly string[], outside: Outside): Promise<number> {
  let status = 0;
  const program = new Command('lnmt-collector')
    .description('Turns syslog, HTTP events and log files into Slack messages, mail and more.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(add --help for what there is)')
    .configureOutput({
      writeOut: (text) => outside.stdout.write(text),
      writeErr: (text) => outside.stderr.write(text),
    });
  const command = (name: string, description: string): Command =>
    program.command(name).description(description).option('-c, --config <file>', 'the pipeline file', 'collector.yaml');
  const format = (): Option =>
    new Option('--format <format>', 'for people or for programs').choices(['text', 'json']).default('text');

  const level = (flags: string, description: string): Option => new Option(flags, description).choices(LEVELS);

  command('run', 'run the collector until SIGTERM or SIGINT')
    .addOption(
      new Option('--log-level <level>', 'wins over service.log.level').choices(['debug', 'info', 'warn', 'error']),
    )
    .option('--hints', 'say what to type to see an event arrive')
    .action(async (options: RunOptions) => {
      const { run } = await import('./run.ts');
      status = await run(options, outside, VERSION);
    });
  command('validate', 'check a file as run would; all problems at once')
    .option('--no-secrets', 'secrets need not be at hand, as in CI')
    .option('--watch', 'again after each edit, until Ctrl-C')
    .addOption(format())
    .action(async (options: ValidateOptions) => {
      const { validate } = await import('./commands.ts');
      status = await validate(options, outside);
    });
  addEditing(command, format, outside, (ended) => (status = ended));
  command('list', 'the configured components and pipelines')
    .addOption(format())
    .action(async (options: Configured & Format) => {
      const { list } = await import('./commands.ts');
      status = await list(options, outside);
    });
  command('test', 'send one test event through one exporter, past its filters and limits, in one try')
    .requiredOption('-n, --name <exporter>', 'its id in the file')
    .addOption(level('-t, --level <level>', 'of the test event').default('info'))
    .addOption(format())
    .action(async (options: TestOptions & { readonly name: string }) => {
      const { test } = await import('./commands.ts');
      status = await test(options, outside);
    });
  command('test-all', 'the same for every enabled exporter, side by side')
    .addOption(level('-t, --level <level>', 'of the test events').default('info'))
    .addOption(format())
    .action(async (options: TestOptions) => {
      const { testAll } = await import('./commands.ts');
      status = await testAll(options, outside);
    });
  command('alert', 'send one event through filters and limits')
    .addOption(level('-l, --level <level>', 'how grave it is').default('info'))
    .option('-t, --title <title>', 'what happened, in a few words; the first line of the message unless given')
    .option('-m, --message <message>', 'the whole story; the title unless given')
    .option('--type <type>', 'a documented event type, or any lower-case word', 'custom')
    .option('--source <source>', 'the system it comes from', 'cli')
    .option('--tags <a,b>', 'tags, separated by commas')
    .option('--metadata <json>', 'further facts, as a JSON object')
    .option('-n, --name <exporter...>', 'only these exporters')
    .addOption(format())
    .action(async (options: AlertOptions) => {
      const { alert } = await import('./commands.ts');
      status = await alert(options, outside);
    });
  command('monitor', 'send the health of this machine to every enabled exporter, until SIGTERM or SIGINT')
    .option('--interval <seconds>', 'between two reports', '60')
    .action(async (options: MonitorOptions) => {
      const { monitor } = await import('./commands.ts');
      status = await monitor(options, outside);
    });
  addDeadLetters(program, format, outside, (code) => (status = code));
  command('components', 'component types, or the options of one')
    .argument('[type]', 'such as slack')
    .addOption(format())
    .action(async (type: string | undefined, options: Configured & Format) => {
      const { components } = await import('./commands.ts');
      status = await components(type, options, outside);
    });
  command('sample-config', 'print a complete, commented, valid file').action(async () => {
    const { SAMPLE_CONFIG } = await import('./commands.ts');
    print(outside.stdout, SAMPLE_CONFIG);
  });
  command('schema', 'the JSON Schema of the file, for editors').action(async (options: Configured) => {
    const { schema } = await import('./commands.ts');
    status = await schema(options, outside);
  });

  addCompletion(program, outside);

  try {
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end this way too, with 0. Without a command, help is what was missing.
    return error.exitCode === 0 ? 0 : WRONG_USAGE;
  }
}
