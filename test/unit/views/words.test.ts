import { describe, expect, it, vi } from 'vitest';
import { parseAddress } from '../../../src/core/parseAddress';
import {
  ConnectError,
  ConnectionLostError,
  FileError,
  PythonError,
  UsageError,
} from '../../../src/core/errors';

vi.mock('vscode', () => ({
  l10n: {
    t: (text: string, ...args: unknown[]) =>
      text.replace(/\{(\d)\}/g, (_, n: string) => String(args[Number(n)])),
  },
}));
const { wordsFor } = await import('../../../src/views/words');

const steps = (error: unknown, canRetry = true) =>
  wordsFor(error, canRetry).steps.map((s) => s.title);

describe('the next steps of an error', () => {
  it('do not offer to repeat the same mistake', () => {
    const next = { title: 'Open Folder…', command: 'workbench.action.files.openFolder' };
    expect(steps(new UsageError('No file is open'))).toEqual([]);
    expect(steps(new UsageError('No folder is open', { next }))).toEqual(['Open Folder…']);
    expect(steps(new FileError('ENOENT', '/x', 'no /x'))).toEqual([]);
  });

  it('offer another name if one is taken', () => {
    expect(steps(new FileError('EEXIST', '/main.py', 'exists'))).toEqual(['Choose Another Name']);
  });

  it('offer a retry and the log for failures of a link or a board', () => {
    expect(steps(new ConnectionLostError('gone'))).toEqual(['Retry', 'Show Log']);
    expect(steps(new TypeError('bug'), false)).toEqual(['Show Log']);
    expect(steps(new PythonError('Traceback', 'OSError', '5'))).toEqual(['Show Log']);
    const lost = new ConnectError(parseAddress('serial:/dev/ttyNO'), 'notFound', 'no port');
    expect(steps(lost)).toEqual(['Retry', 'Add a Port by Path', 'Show Log']);
  });
});

describe('the message of an error on one board', () => {
  const kitchen = { id: 'board-1', name: 'kitchen' };

  it('names the board, but not for a mistake of the user', () => {
    const lost = new ConnectionLostError('The connection to serial:/dev/ttyACM3 was lost');
    expect(wordsFor(lost, true, kitchen).text).toMatch(/^kitchen: The connection to/);
    expect(wordsFor(new UsageError('No file is open'), true, kitchen).text).toBe(
      'No file is open.',
    );
    expect(wordsFor(new ConnectionLostError('kitchen is away'), true, kitchen).text).toBe(
      'kitchen is away.',
    );
  });

  it('shows the info of this board when its flash is full', () => {
    const full = new FileError('ENOSPC', '/big.bin', 'No space left');
    expect(wordsFor(full, true, kitchen).steps[0]?.action).toMatchObject({ args: ['board-1'] });
  });
});
