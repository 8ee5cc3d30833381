import type { Capabilities } from '../capabilities';
import type { Places } from '../boardFiles';
import { PythonError } from '../errors';

/** Answers of a board that are the same for all its file verbs while its link is open. */
export interface LinkFacts {
  capabilities?: Promise<Capabilities> | undefined;
  places?: Places | undefined;
  /** A name at the board's root is not valid UTF-8. */
  oddNames?: boolean;
  /** Code for a recent MicroPython has failed, so none is sent again without asking first. */
  isOlder?: boolean;
}

const byLink = new WeakMap<object, LinkFacts>();

/**
 * Returns a function that finds the facts of `board` on its open link. All instances of SessionFiles for the board share them,
 * because a probe sends 1 kB.
 */
export function linkFacts(board: { readonly transport: object | undefined }): () => LinkFacts {
  return () => {
    const of = board.transport ?? board;
    const known = byLink.get(of) ?? {};
    byLink.set(of, known);
    return known;
  };
}

/** Runs a verb, and again in the way for odd names once the board has refused one that is not valid UTF-8. */
export async function withOddNames<T>(
  facts: LinkFacts,
  run: (odd: boolean) => Promise<T>,
): Promise<T> {
  try {
    return await run(facts.oddNames ?? false);
  } catch (error) {
    const isOdd = error instanceof PythonError && error.type === 'UnicodeError';
    if (!isOdd || facts.oddNames) throw error;
    facts.oddNames = true;
    return run(true);
  }
}
