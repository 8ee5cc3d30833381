import { version } from '../../package.json';
import { asError, FleetError, UsageError } from '../core/errors';
import type { Cli } from './cli';
import { exitStatus } from './exitStatus';
import { readCommandLine, type CommandLine } from './options';
import type { Verb } from './verbTable';

/** Runs one command line. @returns the exit status; never rejects */
export async function mpyfleet(
  argv: readonly string[],
  world: Omit<Cli, 'options'>,
): Promise<number> {
  try {
    const line = readCommandLine(argv);
    if (line.options.version) {
      world.out(`mpyfleet ${version}\n`);
      return 0;
    }
    return await dispatch(line, { ...world, options: line.options });
  } catch (error) {
    const { errorText } = await import('./runOnBoards');
    world.err(errorText(asError(error)));
    if (!(error instanceof FleetError)) world.err(`${asError(error).stack ?? ''}\n`);
    return exitStatus(error);
  }
}

async function dispatch(line: CommandLine, cli: Cli): Promise<number> {
  const { VERBS, findVerb } = await import('./verbTable');
  const asked = line.verb === 'help' ? line.args[0] : line.verb;
  if (asked === undefined) {
    const { generalHelp } = await import('./help');
    if (line.options.help || line.verb === 'help') cli.out(generalHelp());
    else throw new UsageError('What is to be done?', { hint: generalHelp() });
    return 0;
  }
  const verb = findVerb(asked);
  if (!verb) {
    throw new UsageError(`There is no command "${asked}"`, {
      hint: `Commands: ${VERBS.map((v) => v.name).join(', ')}. mpyfleet --help tells more.`,
    });
  }
  if (line.options.help || line.verb === 'help') {
    cli.out((await import('./help')).verbHelp(verb));
    return 0;
  }
  refuseOthers(line, verb);
  const run = await verb.load();
  return run(cli, line.args);
}

/** An option that a command does not know is a mistake, not something to pass over. */
function refuseOthers(line: CommandLine, verb: Verb): void {
  const other = line.given.find((name) => !verb.options.includes(name));
  if (other === undefined) return;
  throw new UsageError(`${verb.name} has no option --${other}`, {
    hint: `mpyfleet ${verb.name} --help lists those it has.`,
  });
}
