import * as l10n from '@vscode/l10n';
import type { Address } from '../address';
import { ConnectionLostError, TimeoutError } from '../errors';
import type { RawReplLink } from './rawReplLink';
import { resetCode } from './streamSession';

/** Milliseconds within which a board answers a step of the protocol, and a soft reset. */
export const ANSWER_MS = 5000;
/** Milliseconds that a last message to a board may take. */
export const GOODBYE_MS = 1000;
const SOFT_RESET = Uint8Array.of(0x04);

/**
 * Runs boot.py and main.py again. Resolves when the board prints something.
 * @throws TimeoutError if the board stays silent for ANSWER_MS
 */
export async function softReset(
  link: RawReplLink,
  write: (data: Uint8Array) => Promise<void>,
  address: Address,
  signal?: AbortSignal,
): Promise<void> {
  await link.toPrompt(true, signal);
  link.tracker.reset();
  link.touch();
  const heard = link.untilHeard(ANSWER_MS, signal);
  await write(SOFT_RESET);
  if (!(await heard)) {
    throw new TimeoutError(l10n.t('{0} does not answer a soft reset', address.text), {
      hint: l10n.t("Press the board's reset button."),
    });
  }
}

/**
 * Resets the board as a power cycle does. Resolves when the reset has begun: the board prints
 * something, the link vanishes, or GOODBYE_MS have passed.
 */
export async function hardReset(link: RawReplLink, signal?: AbortSignal): Promise<void> {
  await link.enter(true, signal);
  const accepted = new Promise<void>((resolve, reject) => {
    const onStart = () => {
      link.abandonRaw();
      resolve();
    };
    // A fast board's first output after the reset may arrive together with the last output before
    // it.
    const onStdout = (bytes: Uint8Array) => link.show(bytes);
    link.raw.exec(resetCode, { onStart, onStdout }).then(() => resolve(), reject);
  });
  try {
    await accepted;
    await link.untilHeard(GOODBYE_MS, signal);
  } catch (error) {
    if (!(error instanceof ConnectionLostError)) throw error;
  } finally {
    link.raw.abandon();
  }
}
