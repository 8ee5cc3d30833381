import { Deferred } from '../async';
import type { Board } from './board';
import { CancelledError } from '../errors';

/** Resolves once `board` satisfies `condition`. @throws CancelledError when `signal` is aborted before */
export async function boardBecomes(
  board: Board,
  condition: (board: Board) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  if (condition(board)) return;
  const met = new Deferred<undefined>();
  const subscription = board.onDidChange(() => {
    if (condition(board)) met.resolve(undefined);
  });
  const onAbort = () => met.reject(new CancelledError());
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await met.promise;
  } finally {
    subscription.dispose();
    signal?.removeEventListener('abort', onAbort);
  }
}
