import type { LinkKind } from '../address';
import { abortable, Deferred, type Clock } from '../async';
import type { Link } from './board';
import { asError, CancelledError, ConnectError } from '../errors';
import type { Log } from '../log';
import type { Transport, TransportFactory } from '../transport';

/** What opening links needs from the house. */
export interface LinkServices {
  readonly openTransport: TransportFactory;
  /** Kinds in the order of preference; serial first unless the user says otherwise. */
  linkOrder(): readonly LinkKind[];
  readonly clock: Clock;
  readonly log: Log;
}

/** What is opened: a board, seen from its links. */
interface Linked {
  readonly name: string;
  readonly links: readonly Link[];
}

/** First pause before a lost link is tried again; doubled up to the last. A port that re-appears is tried at once. */
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 30_000;

/** Chooses and opens a board's link, and opens it again when it was lost. */
export class LinkOpener {
  #attempt: AbortController | undefined;
  #wake = new Deferred<undefined>();

  constructor(private readonly services: LinkServices) {}

  /** A link has appeared: do not wait for the pause to end. */
  retryNow(): void {
    this.#wake.resolve(undefined);
    this.#wake = new Deferred<undefined>();
  }

  /** Ends what is being tried. */
  cancel(): void {
    this.#attempt?.abort(new CancelledError());
    this.#attempt = undefined;
  }

  /** Opens the first link that works, in the order of preference. @throws the first link's error when none does */
  async open(
    board: Linked,
    options: { signal?: AbortSignal; kind?: LinkKind },
  ): Promise<Transport> {
    const own = this.#begin();
    const signal = options.signal ? AbortSignal.any([own, options.signal]) : own;
    const links = this.#order(board.links, options.kind);
    let first: unknown;
    for (const link of links) {
      try {
        return await this.#openOne(link, signal);
      } catch (error) {
        if (error instanceof CancelledError) throw error;
        first ??= error;
      }
    }
    throw asError(first ?? notThere(board));
  }

  /** Tries until a link opens; undefined when it was called off. */
  async reopen(
    board: Linked,
    onAttempt: (attempt: number, error: Error | undefined) => void,
  ): Promise<Transport | undefined> {
    const signal = this.#begin();
    let pause = FIRST_PAUSE_MS;
    let error: Error | undefined;
    for (let attempt = 1; ; attempt++) {
      onAttempt(attempt, error);
      for (const link of this.#order(board.links)) {
        try {
          return await this.#openOne(link, signal);
        } catch (caught) {
          error = asError(caught);
          if (signal.aborted) return undefined;
          if (caught instanceof ConnectError && needsUser(caught)) throw caught;
        }
      }
      if (!(await this.#pause(pause, signal))) return undefined;
      pause = Math.min(pause * 2, LAST_PAUSE_MS);
    }
  }

  #begin(): AbortSignal {
    this.cancel();
    this.#attempt = new AbortController();
    return this.#attempt.signal;
  }

  #order(links: readonly Link[], kind?: LinkKind): Link[] {
    return links
      .filter((l) => l.present && (!kind || l.found.address.kind === kind))
      .sort((a, b) => this.rank(a.found.address.kind) - this.rank(b.found.address.kind));
  }

  /** Place of a kind in the order of preference; 0 is the most preferred. */
  rank(kind: LinkKind): number {
    const order = this.services.linkOrder();
    const at = order.indexOf(kind);
    return at < 0 ? order.length : at;
  }

  async #openOne(link: Link, signal: AbortSignal): Promise<Transport> {
    const transport = await this.services.openTransport(link.found.address);
    try {
      await transport.open(signal);
      return transport;
    } catch (error) {
      this.services.log.debug(`${link.found.address.text} did not open: ${asError(error).message}`);
      await transport.close();
      throw error;
    }
  }

  /** Waits for the pause or for a link to appear; false when called off. */
  async #pause(ms: number, signal: AbortSignal): Promise<boolean> {
    const over = new Deferred<undefined>();
    const timer = this.services.clock.after(ms, () => over.resolve(undefined));
    try {
      await abortable(Promise.race([over.promise, this.#wake.promise]), signal);
      return true;
    } catch (error) {
      if (error instanceof CancelledError) return false;
      throw error;
    } finally {
      timer.dispose();
    }
  }
}

/** Errors that trying again cannot mend. */
function needsUser(error: ConnectError): boolean {
  return error.reason === 'wrongPassword' || error.reason === 'passwordNeeded';
}

function notThere(board: Linked): Error {
  const address = board.links[0]?.found.address;
  if (!address) return new Error(`${board.name} has no link`);
  return new ConnectError(address, 'notFound', `${board.name} is not there`, {
    hint: 'Plug it in, power it up, or check its network; it connects by itself once it is back.',
  });
}
