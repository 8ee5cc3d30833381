import * as l10n from '@vscode/l10n';
import { connect, type Socket } from 'node:net';
import type { TelnetAddress } from '../../core/address';
import { abortable, abortError, Deferred, throwIfAborted, type Clock } from '../../core/async';
import { ConnectError, type ConnectReason } from '../../core/errors';
import { localLookup } from '../mdns/localNames';
import { Talk } from './talk';
import { TelnetStream } from './telnetStream';

/** Returns the password of a telnet server; `wrong`: the previous one was rejected. Undefined: there is none. */
export type GetTelnetPassword = (
  address: TelnetAddress,
  state: { wrong: boolean },
) => Promise<string | undefined>;

/** Services that a login needs. */
export interface TelnetServices {
  readonly getPassword: GetTelnetPassword;
  readonly clock: Clock;
}

/** Milliseconds allowed for TCP on a slow Wi-Fi. */
const DIAL_MS = 10_000;

const USER_PROMPT = /log ?in(?: as)?: *$/i;
const PASSWORD_PROMPT = /password: *$/i;
const GREETING = /login succeeded[^\n]*\n/i;
const REFUSAL = /invalid credentials|login incorrect/i;
/** A server without a login shows the REPL's prompt at once. */
const REPL_PROMPT = />>> $/;

/**
 * Connects, and logs in to the telnet server of a WiPy. A rejected password is asked for again on
 * the same connection: the server allows three attempts.
 * @throws ConnectError
 */
export async function openTelnet(
  address: TelnetAddress,
  services: TelnetServices,
  signal: AbortSignal,
): Promise<TelnetStream> {
  const password = new Password(address, services, signal);
  for (;;) {
    throwIfAborted(signal);
    const stream = new TelnetStream(await dial(address, services.clock, signal), services.clock);
    const onAbort = () => stream.abort(abortError(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const talk = new Talk(stream, address, services.clock);
      const isIn = await logIn(talk, address, password);
      throwIfAborted(signal);
      if (isIn) return stream;
      // It disconnected before it received a password, or rejected three. A WiPy serves only one
      // client.
      if (!password.wasAsked) throw refusedBy(address);
    } catch (error) {
      const cause = signal.aborted ? abortError(signal) : error;
      stream.abort(cause instanceof Error ? cause : abortError(signal));
      throw cause;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

/** Returns whether the REPL has begun; false if the server disconnected. */
async function logIn(talk: Talk, { user }: TelnetAddress, password: Password): Promise<boolean> {
  for (;;) {
    const asked = await talk.until([USER_PROMPT, REPL_PROMPT]);
    if (asked === undefined) return false;
    if (asked === REPL_PROMPT) {
      talk.release('>>> ');
      return true;
    }
    const typed = await password.next();
    await talk.answer(user);
    if (!(await talk.until([PASSWORD_PROMPT]))) return false;
    await talk.answer(typed);
    const verdict = await talk.until([GREETING, REFUSAL]);
    if (verdict === undefined) return false;
    if (verdict === GREETING) {
      talk.release();
      return true;
    }
    password.reject();
  }
}

/** Returns the user's password, which is asked for when it is needed and after each rejection. */
class Password {
  #known: string | undefined;
  #refused: string | undefined;
  wasAsked = false;

  constructor(
    private readonly address: TelnetAddress,
    private readonly services: TelnetServices,
    private readonly signal: AbortSignal,
  ) {}

  reject(): void {
    this.#refused = this.#known;
    this.#known = undefined;
  }

  /** Returns the next password to try. @throws ConnectError if the user enters none */
  async next(): Promise<string> {
    if (this.#known !== undefined) return this.#known;
    const wrong = this.#refused !== undefined;
    this.wasAsked = true;
    const given = await abortable(this.services.getPassword(this.address, { wrong }), this.signal);
    if (given === undefined || given === this.#refused) {
      throw problem(
        this.address,
        wrong ? 'wrongPassword' : 'passwordNeeded',
        wrong
          ? l10n.t('The board did not accept the login name or password')
          : l10n.t('This board asks for a password'),
        l10n.t(
          'A WiPy has the login name micro and the password python unless changed. Another name goes into the address: telnet://NAME@HOST.',
        ),
      );
    }
    this.#known = given;
    return given;
  }
}

async function dial(address: TelnetAddress, clock: Clock, signal: AbortSignal): Promise<Socket> {
  const { host, port } = address;
  const socket = connect({ host, port, lookup: localLookup() });
  const done = new Deferred<undefined>();
  const timer = clock.after(DIAL_MS, () => done.reject(noAnswer(address)));
  socket.once('connect', () => done.resolve(undefined));
  socket.once('error', (error) => done.reject(failed(address, error)));
  try {
    await abortable(done.promise, signal);
    return socket;
  } catch (error) {
    socket.on('error', () => undefined); // destroying a connecting socket reports the error once more
    socket.destroy();
    throw error;
  } finally {
    timer.dispose();
  }
}

function failed(address: TelnetAddress, error: NodeJS.ErrnoException): ConnectError {
  if (error.code === 'ECONNREFUSED') return refusedBy(address, error);
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
    return problem(
      address,
      'notFound',
      l10n.t('The name {0} was not found', address.host),
      l10n.t('Check the name, or use the IP address of the board.'),
      error,
    );
  }
  return noAnswer(address, error);
}

function noAnswer(address: TelnetAddress, cause?: unknown): ConnectError {
  return problem(
    address,
    'noAnswer',
    l10n.t('The board does not answer'),
    l10n.t('Check that the board has power, is on the same network, and still has this address.'),
    cause,
  );
}

function refusedBy(address: TelnetAddress, cause?: unknown): ConnectError {
  return problem(
    address,
    'refused',
    l10n.t('The telnet server of the board does not accept the connection'),
    l10n.t(
      'It serves one client at a time: close the other one. Or start the server on the board (network.Server).',
    ),
    cause,
  );
}

function problem(
  address: TelnetAddress,
  reason: ConnectReason,
  message: string,
  hint: string,
  cause?: unknown,
): ConnectError {
  return new ConnectError(address, reason, message, { hint, cause });
}
