import { version } from '../../package.json';
import { asError, FleetError, UsageError } from '../core/errors';
import type { Cli } from './cli';
import { exitStatus } from './exitStatus';
import { type CommandLine, readCommandLines, UnknownOption, type Verb } from './table';

/** Runs one command line. @returns the exit status; never rejects */
export async function mpyfleet(
  argv: readonly string[],
  world: Omit<Cli, 'options'>,
): Promise<number> {
  try {
    // All commands are parsed before the first one runs, so that a mistake in the last one leaves
    // nothing half done.
    const lines = readCommandLines(argv);
    for (const line of lines) await check(line);
    let { mount } = world;
    for (const [index, line] of lines.entries()) {
      const cli = { ...world, options: line.options, ...(mount ? { mount } : {}) };
      if (mountsForNext(line) && index + 1 < lines.length) {
        mount = await (await import('./verbs/mount')).mountOf(cli, line.args);
        continue;
      }
      const status = await dispatch(line, cli);
      if (status !== 0) return status;
    }
    return 0;
  } catch (error) {
    const { errorText } = await import('./board/runOnBoards');
    world.err(errorText(await withOtherName(asError(error))));
    if (!(error instanceof FleetError)) world.err(`${asError(error).stack ?? ''}\n`);
    return exitStatus(error);
  }
}

/** Returns whether a line mounts a folder for the commands after it. */
function mountsForNext({ verb, options }: CommandLine): boolean {
  return verb === 'mount' && !options.help && !options.version;
}

/** Names the counterpart of an unknown option that belongs to another tool. */
async function withOtherName(error: Error): Promise<Error> {
  if (!(error instanceof UnknownOption)) return error;
  const { optionHint } = await import('./table/otherTools');
  const hint = optionHint(error.verb, error.option);
  return hint === undefined ? error : new UsageError(error.message, { hint, cause: error });
}

/**
 * Returns the command that a line names, or asks for help about. Undefined: none.
 * @throws UsageError for an unknown command
 */
async function verbOf(line: CommandLine): Promise<Verb | undefined> {
  const { VERBS, findVerb } = await import('./table/verbTable');
  const asked = line.verb === 'help' ? line.args[0] : line.verb;
  if (asked === undefined) return undefined;
  const verb = findVerb(asked);
  if (verb) return verb;
  const { commandHint } = await import('./table/otherTools');
  const elsewhere = commandHint(asked);
  throw new UsageError(`Unknown command "${asked}"`, {
    hint: elsewhere ?? `Commands: ${VERBS.map((v) => v.name).join(', ')}. See mpyfleet --help.`,
  });
}

/** Checks the verb and its options. @throws UsageError for an invalid command line */
async function check(line: CommandLine): Promise<void> {
  const asksForWords = line.options.help || line.options.version || line.verb === 'help';
  if (asksForWords) return;
  const verb = await verbOf(line);
  if (verb) await refuseOthers(line, verb);
  else {
    throw new UsageError('No command was given', {
      hint: (await import('./table/help')).generalHelp(),
    });
  }
}

async function dispatch(line: CommandLine, cli: Cli): Promise<number> {
  if (line.options.version) {
    cli.out(`mpyfleet ${version}\n`);
    return 0;
  }
  const verb = await verbOf(line);
  if (!verb || line.options.help || line.verb === 'help') {
    const { generalHelp, verbHelp } = await import('./table/help');
    cli.out(verb ? verbHelp(verb) : generalHelp());
    return 0;
  }
  const run = await verb.load();
  const [action = ''] = line.args;
  const onlyLooks = line.options.dryRun || verb.looks?.includes(action);
  if (verb.audit === 'nothing' || onlyLooks) return run(cli, line.args);
  const { audited } = await import('./fleet/history');
  const most = { name: 0, action: 1, all: Infinity }[verb.audit ?? 'all'];
  const what = [verb.name, ...line.args.slice(0, most)].join(' ');
  return audited(cli, what, (own) => run(own, line.args));
}

/** Refuses unknown options. They must not be ignored. */
async function refuseOthers(line: CommandLine, verb: Verb): Promise<void> {
  const other = line.given.find((name) => !verb.options.includes(name));
  if (other === undefined) return;
  const { optionHint } = await import('./table/otherTools');
  throw new UsageError(`${verb.name} has no option --${other}`, {
    hint: optionHint(verb.name, other) ?? `mpyfleet ${verb.name} --help lists its options.`,
  });
}
