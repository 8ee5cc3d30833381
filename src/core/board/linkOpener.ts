import * as l10n from '@vscode/l10n';
import type { Address, LinkKind } from '../address';
import { Deferred, within, type Clock } from '../async';
import { type Found, isOneDevice, type Link, usbKey } from './discovery';
import { asError, CancelledError, ConnectError, UsageError } from '../errors';
import type { Log } from '../log';
import type { Transport, TransportFactory } from '../transport';

/** Services needed to open links. */
export interface LinkServices {
  readonly openTransport: TransportFactory;
  /**
   * Returns the kinds of links in order of preference; serial comes first unless the user changes
   * it.
   */
  linkOrder(): readonly LinkKind[];
  readonly clock: Clock;
  readonly log: Log;
}

/** The view of a board that the opener needs: its links. */
interface Linked {
  readonly name: string;
  readonly links: readonly Link[];
}

/**
 * First pause before retrying a lost link; doubles up to LAST_PAUSE_MS. A port that reappears is
 * tried immediately.
 */
const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 30_000;

/** Chooses and opens a board's link, and reopens it when it is lost. */
export class LinkOpener {
  /** Ports at which nothing answered. Other ports of the same device are opened first. */
  readonly #silent = new Set<string>();
  #attempt: AbortController | undefined;
  #wake = new Deferred<undefined>();

  constructor(private readonly services: LinkServices) {}

  /**
   * Records that nothing answers at the port `silent`. Some boards have a separate port for data.
   * @returns other: another port of the device is next; first: all were silent, so the first one is
   * next again; undefined: there is no other port, or all were tried
   */
  afterSilence(links: readonly Link[], silent: Address): 'other' | 'first' | undefined {
    const ports = devicePorts(links, silent).map((l) => l.found.address.text);
    if (ports.length < 2 || this.#silent.has(silent.text)) return undefined;
    this.#silent.add(silent.text);
    return ports.every((port) => this.#silent.has(port)) ? 'first' : 'other';
  }

  /** Ends the pause between attempts, because a link has become available. */
  retryNow(): void {
    this.#silent.clear();
    this.#wake.resolve(undefined);
    this.#wake = new Deferred<undefined>();
  }

  /** Cancels the current attempt. */
  cancel(): void {
    this.#attempt?.abort(new CancelledError());
    this.#attempt = undefined;
  }

  /**
   * Opens the first link that works, in order of preference.
   * @throws the first link's error if none works
   */
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

  /**
   * Retries until a link opens; returns undefined if cancelled. A link that cannot prove the
   * board's identity never replaces another: it is tried only if it was the one `lost`.
   */
  async reopen(
    board: Linked,
    lost: Address | undefined,
    onAttempt: (attempt: number, error: Error | undefined) => void,
  ): Promise<Transport | undefined> {
    const signal = this.#begin();
    let pause = FIRST_PAUSE_MS;
    let error: Error | undefined;
    for (let attempt = 1; ; attempt++) {
      onAttempt(attempt, error);
      const links = this.#order(board.links);
      for (const link of links.filter((l) => mayReplace(l.found, lost))) {
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
      .sort(
        (a, b) =>
          this.rank(a.found.address.kind) - this.rank(b.found.address.kind) ||
          Number(this.#isSilent(a)) - Number(this.#isSilent(b)) ||
          (a.found.usb?.interface ?? 0) - (b.found.usb?.interface ?? 0),
      );
  }

  #isSilent({ found }: Link): boolean {
    return this.#silent.has(found.address.text);
  }

  /** Returns the rank of a kind in the order of preference; 0 is most preferred. */
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

  /** Waits until the pause ends or a link becomes available; false if cancelled. */
  async #pause(ms: number, signal: AbortSignal): Promise<boolean> {
    try {
      await within(this.services.clock, ms, this.#wake.promise, undefined, signal);
      return true;
    } catch (error) {
      if (error instanceof CancelledError) return false;
      throw error;
    }
  }
}

/** Returns the present ports of the device that `address` belongs to. */
function devicePorts(links: readonly Link[], address: Address): Link[] {
  const own = links.find((l) => l.found.address.text === address.text)?.found.usb;
  const key = usbKey(own);
  if (!own || key === undefined) return [];
  return links.filter(
    ({ present, found: { usb } }) =>
      present && usb && (usb === own || (usbKey(usb) === key && isOneDevice(own, usb))),
  );
}

function mayReplace(found: Found, lost: Address | undefined): boolean {
  return found.unproven !== true || found.address.text === lost?.text;
}

/** Returns whether the error cannot be fixed by retrying. */
function needsUser(error: ConnectError): boolean {
  return error.reason === 'wrongPassword' || error.reason === 'passwordNeeded';
}

function notThere(board: Linked): Error {
  const address = board.links[0]?.found.address;
  if (!address) return new UsageError(l10n.t('{0} has no link', board.name));
  return new ConnectError(address, 'notFound', l10n.t('{0} was not found', board.name), {
    hint: l10n.t(
      'Plug it in, power it up, or check its network; it connects automatically once it is back.',
    ),
  });
}
