import { UsageError } from '../../core/errors';
import type { VerbRun } from '../cli';
import { COMPLETIONS } from '../table';

/** `completion SHELL`: prints the script that makes a shell complete our commands and options. */
export const run: VerbRun = (cli, args) => {
  const [shell = '', ...more] = args;
  const known = Object.keys(COMPLETIONS);
  const script = Object.hasOwn(COMPLETIONS, shell) ? COMPLETIONS[shell] : undefined;
  if (!script || more.length > 0) {
    throw new UsageError(`completion needs the name of a shell: ${known.join(', ')}`, {
      hint: 'mpyfleet completion --help explains where to put the script.',
    });
  }
  cli.out(script());
  return Promise.resolve(0);
};
