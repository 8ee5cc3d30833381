import { CancelledError, UsageError } from '../../core/errors';
import { printable, type Cli } from '../cli';
import { typedLine } from './typedLine';

/**
 * Asks the user to type `wanted` at the terminal before something that cannot be undone.
 * @throws CancelledError for any other answer; UsageError without a terminal
 */
export async function askTyped(cli: Cli, wanted: string, question: string): Promise<void> {
  if (!cli.input.isTerminal) {
    throw new UsageError('This must be confirmed at a terminal', {
      hint: 'Add --force to do it without a question.',
    });
  }
  cli.err(`${question}\nType ${printable(wanted)} to continue: `);
  const typed = await typedLine(cli, { echo: true });
  if (typed.trim() !== wanted) throw new CancelledError('Nothing was changed');
}
