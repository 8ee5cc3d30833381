import { createHash, timingSafeEqual } from 'node:crypto';
import type { AuthenticateError, Client } from 'aedes';
import { boardMayPublish, boardMaySubscribe } from '../../core/broker/accessRules';
import { boardLogin } from '../../core/broker/boardLogin';
import type { LocalBrokerOptions } from '../../core/broker/localBroker';

/**
 * Maximum number of retained topics: enough for the births of many more boards than one computer
 * has.
 */
const MOST_RETAINED = 10_000;
/** Maximum number of topic filters per client. */
const MOST_FILTERS = 100;
/** CONNACK return codes (MQTT 3.1.1, section 3.2.2.3). */
const BAD_LOGIN = 4;
const BAD_CLIENT_ID = 2;

type Who = { readonly kind: 'computer' } | { readonly kind: 'board'; readonly uid: string };

/**
 * Decides who may log in to the embedded broker, and what each client may publish and subscribe to.
 */
export class LocalBrokerAccess {
  readonly #who = new WeakMap<object, Who>();
  readonly #retained = new Set<string>();
  readonly #dropped = new WeakSet<object>();

  constructor(private readonly options: LocalBrokerOptions) {}

  /** Checks a login and remembers the client; returns undefined if it is valid, else the reason. */
  login(
    client: Client,
    username: string | undefined,
    password: Readonly<Buffer> | undefined,
  ): AuthenticateError | undefined {
    const board = /^mpy-([0-9a-f]{2,64})$/.exec(client.id)?.[1];
    const { boardSecret, common, onOwnLogin } = this.options;
    const isGood = (login: { username: string; password: string }) =>
      username === login.username && samePassword(password, login.password);
    if (board !== undefined) {
      const own = boardSecret !== undefined && isGood(boardLogin(boardSecret, board));
      const shared = common !== undefined && isGood(common) && !common.isRetired(board);
      if (!own && !shared) return refusal(BAD_LOGIN, 'wrong user name or password');
      this.#who.set(client, { kind: 'board', uid: board });
      if (own) onOwnLogin?.(board);
      return undefined;
    }
    if (isGood(this.options)) {
      this.#who.set(client, { kind: 'computer' });
      return undefined;
    }
    // A board with another client id could displace another client.
    const isBoard = boardSecret !== undefined && isGood(boardLogin(boardSecret, username ?? ''));
    return isBoard
      ? refusal(BAD_CLIENT_ID, 'a board whose client id is not its own')
      : refusal(BAD_LOGIN, 'wrong user name or password');
  }

  /**
   * Checks whether a client may publish a message.
   * @returns why it may not be published; undefined if it may
   */
  publishProblem(
    client: Client | null,
    packet: { readonly topic: string; readonly retain: boolean; readonly payload: string | Buffer },
  ): string | undefined {
    const { topic } = packet;
    // Without a client, it is a message of the broker itself.
    if (!client) return undefined;
    if (topic.startsWith('$')) return 'topics of the broker itself';
    const who = this.#who.get(client);
    const root = this.options.root ?? 'mpy';
    if (!who) return 'no login';
    if (who.kind === 'board' && !boardMayPublish(root, who.uid, topic, packet.retain)) {
      return packet.retain ? 'not one to be kept for this board' : "not this board's own";
    }
    return packet.retain ? this.#retain(topic, packet.payload.length) : undefined;
  }

  /** Returns whether a client has logged in as a board. */
  isBoard(client: Client | null): boolean {
    return client !== null && this.#who.get(client)?.kind === 'board';
  }

  /** Returns whether this is the first message of a connection that is dropped. */
  isFirstDrop(client: Client | null): boolean {
    if (!client || this.#dropped.has(client)) return false;
    this.#dropped.add(client);
    return true;
  }

  /** Returns whether a client may subscribe to `filter`: computers to everything, a board only to its own topics. */
  maySubscribe(client: Client, filter: string): boolean {
    const who = this.#who.get(client);
    if (!who || filter.length > 512) return false;
    const filters = Object.keys((client as { subscriptions?: object }).subscriptions ?? {});
    if (filters.length >= MOST_FILTERS) return false;
    const root = this.options.root ?? 'mpy';
    return who.kind === 'computer' || boardMaySubscribe(root, who.uid, filter);
  }

  #retain(topic: string, bytes: number): string | undefined {
    if (bytes === 0) this.#retained.delete(topic);
    else if (this.#retained.size >= MOST_RETAINED && !this.#retained.has(topic)) {
      return `more than ${MOST_RETAINED} messages to keep`;
    } else this.#retained.add(topic);
    return undefined;
  }
}

function refusal(returnCode: number, message: string): AuthenticateError {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a const enum of declarations has no values
  return Object.assign(new Error(message), { returnCode });
}

function samePassword(given: Readonly<Buffer> | undefined, wanted: string): boolean {
  const digest = (value: string | Uint8Array) => createHash('sha256').update(value).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(wanted));
}
