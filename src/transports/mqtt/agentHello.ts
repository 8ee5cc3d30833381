import { decodeError, makeFrame, Op } from '../../core/agent/agentProtocol';
import { AgentSession, type Role } from '../../core/agent/agentProtocolSession';
import { Deferred, type Clock } from '../../core/async';
import { asError, ConnectionLostError, TimeoutError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import { keyNeeded, keyRefused } from './agentErrors';
import type { AgentIo } from './agentRequest';

/** A request is repeated after this long without any frame of it, doubling up to the last (docs/protocol.md section 5). */
export const FIRST_REPEAT_MS = 2_000;
export const LAST_REPEAT_MS = 30_000;
/** A board that has not said anything for so long, repeats included, is not there. */
export const GIVE_UP_MS = 60_000;

/**
 * Opens a session (docs/protocol.md section 4): HELLO, repeated until it is answered.
 * @param hear is given who hears the board's messages meanwhile, and undefined afterwards
 * @throws ConnectionLostError the board is away; ConnectError no key or a wrong one; TimeoutError
 */
export async function openSession(
  io: AgentIo,
  clock: Clock,
  reqid: number,
  hear: (listener: ((message: Uint8Array) => void) | undefined) => void,
): Promise<{ session: AgentSession; role: Role }> {
  const birth = io.birth();
  if (!birth?.on) {
    throw new ConnectionLostError(`${io.uid} is not at the broker now`, {
      hint: 'Check its power and network. It is listed again as soon as it is back.',
    });
  }
  const known = await io.key();
  // A birth that says "open" must not talk us out of signing for a board whose key we have.
  if (birth.mode === 'open' && known) throw keyRefused(io.uid, birth.name, 'open');
  if (birth.mode === 'signed' && !known) throw keyNeeded(io.uid, birth.name);
  const role = known?.role ?? 'admin';
  const session = new AgentSession({
    ...{ cid: io.cid, boot: birth.boot, nonce: birth.nonce, role, key: known?.key },
  });
  const opened = new Deferred<undefined>();
  hear((message) => {
    const answer = session.decode(message);
    if (session.isOpen) opened.resolve(undefined);
    else if (answer === 'unsigned') refused(io, message, opened);
  });
  try {
    await repeated(io, clock, session.hello(reqid), opened);
  } finally {
    hear(undefined);
  }
  return { session, role };
}

async function repeated(
  io: AgentIo,
  clock: Clock,
  message: Uint8Array,
  opened: Deferred<undefined>,
): Promise<void> {
  const started = clock.now();
  let pause = FIRST_REPEAT_MS;
  let timer: Disposable | undefined;
  const send = () => {
    io.publish(message, 1).catch((e: unknown) => opened.reject(e));
    timer = clock.after(pause, () => {
      if (clock.now() - started >= GIVE_UP_MS) opened.reject(silent(io));
      else send();
    });
    pause = Math.min(pause * 2, LAST_REPEAT_MS);
  };
  send();
  try {
    await opened.promise;
  } finally {
    timer?.dispose();
  }
}

function refused(io: AgentIo, message: Uint8Array, opened: Deferred<undefined>): void {
  const error = adviceOf(io, message);
  const birth = io.birth();
  const name = birth?.on ? birth.name : '';
  if (error?.code === 'EAUTH') opened.reject(keyRefused(io.uid, name, 'signed'));
  else if (error) io.log.debug(`${io.uid}: ${error.code} while a session is opened`);
}

/** What an unsigned ERR says, undefined if it is none. */
export function adviceOf(io: AgentIo, message: Uint8Array): { code: string } | undefined {
  try {
    const aux = Buffer.from(message).readUInt16BE(2);
    return message[1] === Op.err ? decodeError(makeFrame(Op.err, 1, { aux })) : undefined;
  } catch (error) {
    io.log.debug(`${io.uid}: ${asError(error).message}`);
    return undefined;
  }
}

/** The error of a board that has not answered for GIVE_UP_MS. */
export function silent(io: AgentIo): TimeoutError {
  const birth = io.birth();
  return new TimeoutError(
    `${birth?.on && birth.name !== '' ? birth.name : io.uid} does not answer`,
    {
      hint: 'It may be busy, or its network may be slow. Try again, or look at its log.',
    },
  );
}
