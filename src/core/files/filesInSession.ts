import type { LinkFacts } from './linkFacts';
import type { WithSession } from './inSession';
import { SessionFiles } from './sessionFiles';

/**
 * Opens one session for several operations on files. Nothing of it is in the log of the line: an operation inside it cannot say
 * any more that its file holds a password.
 */
export function filesInSession<T>(
  withSession: WithSession,
  facts: () => LinkFacts,
  work: (files: SessionFiles) => Promise<T>,
  options: { readonly job: string; readonly signal?: AbortSignal },
): Promise<T> {
  return withSession((session) => work(new SessionFiles((inner) => inner(session), facts)), {
    ...options,
    secret: true,
  });
}
