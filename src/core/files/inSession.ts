import { counted } from '../counted';
import { abortError, throwIfAborted } from '../async';
import type { Session, SessionOptions } from '../transport';

/**
 * Opens a session through Board.withSession or a transport. `job` is a short description for the tree; `looks` means that it changes
 * nothing on the board.
 */
export type WithSession = <T>(
  work: (session: Session) => Promise<T>,
  options?: SessionOptions & { job?: string; looks?: boolean },
) => Promise<T>;

/**
 * Runs `work` in a session. The signal cancels the wait for the session. Once `work` runs, it must
 * handle the signal itself, because it may have to clean up on the board.
 */
export async function inSession<T>(
  withSession: WithSession,
  work: (session: Session) => Promise<T>,
  {
    signal,
    ...options
  }: { job: string; signal: AbortSignal | undefined; secret: boolean; looks: boolean },
): Promise<T> {
  const waiting = new AbortController();
  const stopWaiting = () => waiting.abort(signal && abortError(signal));
  throwIfAborted(signal);
  signal?.addEventListener('abort', stopWaiting);
  try {
    return await withSession(
      async (session) => {
        signal?.removeEventListener('abort', stopWaiting);
        throwIfAborted(signal);
        return work(session);
      },
      { ...options, signal: waiting.signal },
    );
  } finally {
    signal?.removeEventListener('abort', stopWaiting);
  }
}

/** Names the files of a job: `/main.py`, or `3 files`. */
export function named(items: readonly { readonly path: string }[]): string {
  const [first] = items;
  return items.length === 1 && first ? first.path : counted(items.length, 'file');
}
