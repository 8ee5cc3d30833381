import * as l10n from '@vscode/l10n';
import {
  type AgentError,
  AgentSession,
  type Birth,
  type BoardKey,
  decodeError,
  decodeFrame,
  type Facts,
  type Frame,
  type Gone,
  isSigned,
  Op,
  parseFacts,
  keyLabel,
  type Role,
} from '../../core/agent';
import { Deferred, type Clock, awaitedLater } from '../../core/async';
import { asError, ConnectionLostError, TimeoutError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import { cannotEncrypt, keyNeeded, keyRefused } from './agentErrors';
import type { AgentIo } from './agentRequest';

/**
 * A request is repeated after this many milliseconds without a frame, doubling up to LAST_REPEAT_MS
 * (docs/protocol.md section 5).
 */
export const FIRST_REPEAT_MS = 2_000;
/** Longest pause, in milliseconds, between two repeats. */
export const LAST_REPEAT_MS = 30_000;
/** After this many milliseconds of silence, repeats included, the board counts as away. */
export const GIVE_UP_MS = 60_000;
/**
 * A refusal is unsigned, so anyone may have sent it: a valid answer within this many milliseconds
 * overrides it.
 */
const REFUSED_MS = 1_500;
/**
 * A board that is flooded with copies requests a number in HELLO. Anyone can forge this request, so
 * it is honoured only this often per opening.
 */
const MOST_NUMBERS = 8;

/** A session, and the board's description in its signed answer. */
export interface Opened {
  readonly session: AgentSession;
  readonly role: Role;
  /** Whose key it is; undefined for the key of a role. */
  readonly name?: string | undefined;
  readonly facts: Facts;
  /** Undefined for a board in open mode. */
  readonly key: Uint8Array | undefined;
}

type Hear = (listener: ((message: Uint8Array) => void) | undefined) => void;

/** The board has restarted since its HELLO was made. */
class StartedAgain extends Error {}

/**
 * Returns whether the board itself has ended its connection and will not answer until it starts
 * again. A lost connection (no reason) may return, and a restart follows at once.
 */
export function hasLeft(state: Birth | Gone | undefined): boolean {
  return state?.on === false && state.why !== '' && state.why !== 'reset';
}

/**
 * Opens a session (docs/protocol.md section 4): sends HELLO until it is answered, and a new one for
 * each new start of the board. A farewell signed by the board ends this.
 * @param hear receives the listener for the board's messages during this, and undefined afterwards
 * @throws ConnectionLostError the board is away; ConnectError no key or a wrong one; TimeoutError
 */
export async function openSession(
  io: AgentIo,
  clock: Clock,
  reqid: number,
  hear: Hear,
): Promise<Opened> {
  const started = clock.now();
  for (;;) {
    const opened = new Deferred<Frame>();
    awaitedLater(opened.promise); // it may fail while the key is looked up
    const birth = io.birth();
    const presence = io.onPresence((state) => {
      if (state.on && birth?.on && state.boot !== birth.boot) opened.reject(new StartedAgain());
    });
    try {
      return await openOnce(io, clock, reqid, hear, { opened, started });
    } catch (error) {
      if (!(error instanceof StartedAgain)) throw error;
      if (clock.now() - started >= GIVE_UP_MS) throw silent(io);
    } finally {
      presence.dispose();
    }
  }
}

async function openOnce(
  io: AgentIo,
  clock: Clock,
  reqid: number,
  hear: Hear,
  { opened, started }: { opened: Deferred<Frame>; started: number },
): Promise<Opened> {
  bornAt(io);
  const known = await io.key();
  const birth = bornAt(io); // it may have left
  // A birth with "open" must not persuade us to stop signing for a board whose key we have.
  if (birth.mode === 'open' && known) throw keyRefused(io.uid, nameOf(io), 'open');
  if (birth.mode === 'signed' && !known) throw keyNeeded(io.uid, nameOf(io));
  const isRequired = io.encrypt === 'required';
  if (isRequired && (!known || birth.proto < 2)) throw cannotEncrypt(io.uid, nameOf(io));
  const role = known?.role ?? 'admin';
  const session = new AgentSession({
    ...{ uid: io.uid, cid: io.cid, proto: birth.proto >= 2 ? 2 : 1 },
    ...{ boot: birth.boot, nonce: birth.nonce, key: known?.key },
    ...{ role: known ? keyLabel(known) : role, encrypt: (io.encrypt ?? 'off') !== 'off' },
  });
  let waiting: Disposable | undefined;
  let hello = session.hello(reqid);
  const numbers = new Set<number>();
  const onAdvice = (error: AgentError | undefined) => {
    if (error) io.log.debug(`${io.uid}: ${error.code} while a session is opened`);
    const { ck } = error?.details ?? {};
    if (error?.code === 'EAUTH') {
      waiting ??= clock.after(REFUSED_MS, () =>
        opened.reject(keyRefused(io.uid, nameOf(io), 'signed')),
      );
    } else if (error?.code === 'EBUSY' && typeof ck === 'number' && numbers.size < MOST_NUMBERS) {
      if (numbers.has(ck)) return;
      numbers.add(ck);
      hello = session.hello(reqid, ck);
      io.publish(hello, 1).catch((e: unknown) => opened.reject(e));
    }
  };
  hear((message) => {
    const answer = session.decode(message);
    if (session.isOpen && typeof answer === 'object') opened.resolve(answer);
    else if (answer === 'unsigned') onAdvice(adviceOf(io, message));
  });
  const farewell = io.onPresence((state, raw) => {
    if (hasLeft(state) && isOwn(io, known, raw)) opened.reject(notConnected(io));
  });
  try {
    const answer = await repeated(io, clock, () => hello, { opened, started });
    // The answer is signed, so no one in between can have removed the board's consent.
    if (isRequired && !session.isEncrypted) throw cannotEncrypt(io.uid, nameOf(io));
    const facts = parseFacts(answer.payload, birth);
    return { session, role, name: known?.name, facts, key: known?.key };
  } finally {
    farewell.dispose();
    waiting?.dispose();
    hear(undefined);
  }
}

function bornAt(io: AgentIo): Birth {
  const birth = io.birth();
  if (!birth?.on) throw notConnected(io);
  return birth;
}

/**
 * Returns whether the board has signed this presence message, so that no one else can break off a
 * HELLO. In open mode, every message counts; agents of protocol 1 sign none.
 */
function isOwn(io: AgentIo, known: BoardKey | undefined, raw: Uint8Array | undefined): boolean {
  return raw !== undefined && (!known || isSigned(raw, { uid: io.uid, leaf: 'st', ...known }));
}

function notConnected(io: AgentIo): ConnectionLostError {
  return new ConnectionLostError(l10n.t('{0} is not connected to the broker', nameOf(io)), {
    hint: l10n.t('Check its power and network. It reappears as soon as it is back.'),
  });
}

async function repeated(
  io: AgentIo,
  clock: Clock,
  message: () => Uint8Array,
  { opened, started }: { opened: Deferred<Frame>; started: number },
): Promise<Frame> {
  let pause = FIRST_REPEAT_MS;
  let timer: Disposable | undefined;
  const send = () => {
    io.publish(message(), 1).catch((e: unknown) => opened.reject(e));
    timer = clock.after(pause, () => {
      if (clock.now() - started >= GIVE_UP_MS) opened.reject(silent(io));
      else send();
    });
    pause = Math.min(pause * 2, LAST_REPEAT_MS);
  };
  send();
  try {
    return await opened.promise;
  } finally {
    timer?.dispose();
  }
}

/** Decodes an unsigned ERR; undefined if the message is not one. */
export function adviceOf(io: AgentIo, message: Uint8Array): AgentError | undefined {
  try {
    const { frame } = decodeFrame(message);
    return frame.op === Op.err ? decodeError(frame) : undefined;
  } catch (error) {
    io.log.debug(`${io.uid}: ${asError(error).message}`);
    return undefined;
  }
}

/** Returns the error for a board that has not answered for GIVE_UP_MS. */
export function silent(io: AgentIo): TimeoutError {
  return new TimeoutError(l10n.t('{0} does not answer', nameOf(io)), {
    hint: l10n.t('It may be busy, or its network may be slow. Try again, or check its log.'),
  });
}

/** Returns the name of the board for messages: the user's, else its own, else its uid. */
function nameOf(io: AgentIo): string {
  const birth = io.birth();
  const own = birth?.on ? birth.name : '';
  return io.name?.() ?? (own === '' ? io.uid : own);
}
