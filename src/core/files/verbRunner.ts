import type { Capabilities } from '../capabilities';
import type { Session } from '../transport';
import { linesOrError } from './fileErrors';
import { type LinkFacts, withOddNames } from './linkFacts';
import { probeAlong } from './probeAlong';
import { probeCapabilities } from './probeCapabilities';
import { type Argument, runVerb } from './snippets';
import { verbs, type Verb } from './verbs';

/** Verbs that change nothing, so they can run before the board's capabilities are known. */
const LOOKS: ReadonlySet<Verb> = new Set([
  'list',
  'walk',
  'hash',
  'same',
  'stat',
  'space',
  'places',
]);

/** How a verb runs, besides its arguments. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Checks what the board can do. @throws the error of the verb if it cannot do enough */
  readonly check?: (can: Capabilities) => void;
}

/** Runs verbs on a board, and asks once what it can do. */
export class VerbRunner {
  /** @param facts returns what earlier requests on the board's open link have found out */
  constructor(readonly facts: () => LinkFacts) {}

  /**
   * Runs a verb; an errno in its answer refers to `path`. The first one on a link finds out in the same round trip what the
   * board can do.
   */
  async run(
    session: Session,
    verb: Verb,
    path: string,
    args: (again: boolean) => readonly Argument[],
    { signal, check }: RunOptions = {},
  ): Promise<readonly string[]> {
    const first = LOOKS.has(verb) && (await this.#first(session, verb, args(false), signal));
    if (first) return linesOrError(first, path);
    const form = await this.probe(session, signal);
    check?.(form);
    return withOddNames(this.facts(), async (odd) =>
      linesOrError(await runVerb(session, verbs(form, odd)[verb], args, { signal, form }), path),
    );
  }

  /** Returns what the board can do; probes it once for each link. */
  probe(session: Session, signal?: AbortSignal): Promise<Capabilities> {
    const facts = this.facts();
    facts.capabilities ??= session.capabilities?.(signal) ?? probeCapabilities(session, signal);
    return facts.capabilities;
  }

  /** Runs a verb along with the probe. Returns its lines; undefined: run it in the usual way. */
  async #first(
    session: Session,
    verb: Verb,
    args: readonly Argument[],
    signal: AbortSignal | undefined,
  ): Promise<readonly string[] | undefined> {
    const facts = this.facts();
    if (facts.capabilities || facts.isOlder || session.capabilities) return undefined;
    const snippets = verbs({ ilistdir: true }, facts.oddNames)[verb];
    const answer = probeAlong(session, snippets, args, signal);
    facts.capabilities = answer.then(({ can }) => can ?? probeCapabilities(session, signal));
    await facts.capabilities;
    return (await answer).lines;
  }
}
