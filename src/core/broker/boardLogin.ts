import { createHmac } from 'node:crypto';
import type { AgentControl } from '../agent';

/** A login at the embedded broker. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** User name of computers at the embedded broker. */
export const COMPUTER_USER = 'computer';

/**
 * Returns a board's login at the embedded broker: its unique id and a password derived from the
 * broker's secret. The password is stored only on the board and reveals nothing about other boards'
 * passwords.
 */
export function boardLogin(secret: string, uid: string): Login {
  return { username: uid, password: derived(secret, `board ${uid}`) };
}

/**
 * Gives a board that still uses the shared login of earlier versions its own one, which it uses from its next connection on.
 * @throws AgentRefusedError
 */
export async function renewLogin(
  control: AgentControl,
  secret: string,
  uid: string,
  signal?: AbortSignal,
): Promise<void> {
  const { broker } = await control.config(signal);
  const { username: user, password } = boardLogin(secret, uid);
  const known: { other?: { host?: unknown } } = { ...(broker as object) };
  // The other name of this computer leads to the same broker.
  const isSame = String(known.other?.host).endsWith('.local');
  const other = isSame ? { other: { ...known.other, user, password } } : {};
  await control.configure(
    { broker: { ...known, user, password, ...other } },
    signal ? { signal } : {},
  );
}

/** Returns the login of this computer at its own embedded broker. */
export function computerLogin(secret: string): Login {
  return { username: COMPUTER_USER, password: derived(secret, 'computer') };
}

/** Derives 192 bits in 32 characters that are safe in any configuration file. */
function derived(secret: string, purpose: string): string {
  const mac = createHmac('sha256', secret).update(`mpyfleet login ${purpose}`).digest();
  return mac.subarray(0, 24).toString('base64url');
}
