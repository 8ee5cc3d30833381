import * as l10n from '@vscode/l10n';
import type { WebReplAddress } from '../../core/address';
import { abortable, abortError, type Clock } from '../../core/async';
import { ConnectError } from '../../core/errors';
import {
  connectedBanner,
  deniedBanner,
  encodePassword,
  passwordProblem,
} from '../../core/webrepl/webreplProtocol';
import { Dialled, type DialOptions } from './dial';
import { noAnswer, taken } from './refusal';
import { WebReplStream, type KeepAliveTimes } from './webReplStream';

/**
 * Returns the password of a board's WebREPL; `wrong`: the previous one was rejected. Undefined:
 * there is none.
 */
export type GetPassword = (
  address: WebReplAddress,
  state: { wrong: boolean },
) => Promise<string | undefined>;

/** Services that a WebREPL link needs. */
export interface WebReplServices {
  readonly getPassword: GetPassword;
  readonly acceptCertificate?: DialOptions['acceptCertificate'];
  readonly clock: Clock;
  readonly lookup?: DialOptions['lookup'];
  /** Tests shorten these. */
  readonly keepAlive?: KeepAliveTimes;
}

/**
 * Connects and logs in. The prompt that WebREPL then prints does not come from the interpreter (a
 * program may be running), so it is not passed on.
 * @throws ConnectError
 */
export async function openWebRepl(
  address: WebReplAddress,
  services: WebReplServices,
  signal: AbortSignal,
): Promise<WebReplStream> {
  let refused: string | undefined;
  let password: string | undefined;
  for (;;) {
    const dialled = await Dialled.connect(address, { ...services, signal });
    const onAbort = () => dialled.socket.terminate();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (password === undefined) {
        password = await askPassword(address, services, refused, signal);
        if (dialled.closed) continue; // the board disconnected while the user typed; the password is still valid
      }
      if (await tryPassword(address, dialled, password)) {
        const early = dialled.release();
        return new WebReplStream(dialled.socket, early, services.clock, services.keepAlive);
      }
      refused = password;
      password = undefined;
      dialled.socket.terminate();
    } catch (error) {
      dialled.socket.terminate();
      throw signal.aborted ? abortError(signal) : error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

async function askPassword(
  address: WebReplAddress,
  services: WebReplServices,
  refused: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const wrong = refused !== undefined;
  const password = await abortable(services.getPassword(address, { wrong }), signal);
  if (password === undefined || password === refused) {
    if (wrong) throw wrongPassword(address);
    throw new ConnectError(address, 'passwordNeeded', l10n.t('This WebREPL asks for a password'), {
      hint: l10n.t(
        'Connect again and enter the password that was chosen when WebREPL was set up on the board.',
      ),
    });
  }
  const problem = passwordProblem(password, 1);
  if (problem) throw wrongPassword(address, problem);
  return password;
}

function wrongPassword(address: WebReplAddress, why = ''): ConnectError {
  const words = l10n.t('Connect again and enter the password from the board’s webrepl_cfg.py.');
  return new ConnectError(
    address,
    'wrongPassword',
    l10n.t('The board did not accept the WebREPL password'),
    {
      hint: why ? `${why} ${words}` : words,
    },
  );
}

async function tryPassword(
  address: WebReplAddress,
  dialled: Dialled,
  password: string,
): Promise<boolean> {
  dialled.socket.send(encodePassword(password), { binary: false });
  const banners = [connectedBanner, deniedBanner];
  const said = await dialled.until((heard) => banners.some((b) => heard.startsWith(b)));
  if (dialled.heard.startsWith(connectedBanner)) {
    dialled.take(connectedBanner.length);
    return true;
  }
  if (dialled.heard.startsWith(deniedBanner)) return false;
  throw said ? taken(address) : noAnswer(address);
}
