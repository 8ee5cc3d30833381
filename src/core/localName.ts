import { FileError } from './errors';
import { hostNames, nameProblem } from './sync/hostNames';

/**
 * The parts of a path that came from a board, each safe as a local file's name: what a board calls its files never leads
 * out of the folder they are put into.
 * @throws FileError EINVAL
 */
export function localParts(boardPath: string, host = hostNames()): string[] {
  const parts = boardPath.split('/').filter((part) => part !== '');
  if (parts.length === 0 || nameProblem(boardPath, host)?.severity === 'error') {
    throw new FileError(
      'EINVAL',
      boardPath,
      `The board's file ${JSON.stringify(boardPath)} cannot have that name on this computer`,
      { hint: 'Rename it on the board, then download it.' },
    );
  }
  return parts;
}
