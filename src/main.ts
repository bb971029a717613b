/** The program: hands the command line to the commands, and their exit status to the shell. */
import { optimiseLate } from './cli/engine.ts';
import { main } from './cli/program.ts';

const { env, stdout, stderr, argv } = process;

optimiseLate();
process.exitCode = await main(argv.slice(2), { env, stdout, stderr });
// What is printed to a pipe is written later: the process ends once it is.
stdout.write('', () => stderr.write('', () => process.exit()));
