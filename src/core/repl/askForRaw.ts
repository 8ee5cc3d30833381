import { concat } from '../bytes';
import { CTRL_A, CTRL_B, CTRL_C } from './controlKeys';
import type { LinkSteps } from './linkSteps';

const RETURN = Uint8Array.of(0x0d);
/**
 * Clears the line on both sides of the cursor (Ctrl-K, Ctrl-U); backspaces for a REPL without these
 * keys.
 */
const KILL_LINE = [0x0b, 0x15];
const BACKSPACE = 0x7f;

/**
 * Finds out whether the board is at its prompt, without stopping anything. Returns true if it is
 * now in its raw REPL.
 */
export async function askForRaw(link: LinkSteps, signal?: AbortSignal): Promise<boolean> {
  const { answerMs, probeMs, tracker } = link;
  if (!tracker.atPrompt) {
    await link.write(RETURN);
    const isAtPrompt = await link.until(() => tracker.atPrompt, probeMs, signal);
    if (!isAtPrompt && !(await passThroughRaw(link))) return false;
  }
  await clearLine(link, signal);
  if (await callRaw(link, answerMs / 2)) return true;
  // The echo of keys typed earlier may have arrived only now.
  if (tracker.lastLine !== 'editing') return false;
  await clearLine(link, signal);
  return await callRaw(link, answerMs / 2);
}

/**
 * Sends Ctrl-A and returns whether the raw REPL answers within `ms`. What looked like a prompt may
 * have been printed by a program.
 */
export async function callRaw(link: LinkSteps, ms: number): Promise<boolean> {
  link.listen('entering');
  await link.write(CTRL_A);
  const isEditing = () => link.tracker.lastLine === 'editing';
  const isHeard = await link.until(() => link.isRaw() || isEditing(), ms);
  // This is the echo of earlier keys. The REPL answers Ctrl-A after a complete line, but treats
  // it as a key in an incomplete one.
  if (isHeard) await link.until(link.isRaw, link.probeMs);
  if (link.isRaw()) return true;
  link.giveUpBanner();
  await link.write(CTRL_B); // for a REPL that reads the Ctrl-A later
  return false;
}

/**
 * Clears the line typed at the prompt. Ctrl-C would also do this, but would stop a program that
 * only looks like a prompt.
 */
async function clearLine(link: LinkSteps, signal?: AbortSignal): Promise<void> {
  const { lastLine, text } = link.tracker;
  if (lastLine === 'editing') {
    await link.write(Uint8Array.of(...KILL_LINE, ...new Uint8Array(text.length).fill(BACKSPACE)));
    link.tracker.reset(); // the echo of this is not a line
  } else if (lastLine === 'continued' || lastLine === 'paste') {
    // Only the REPL prints these after its prompt, and only Ctrl-C helps.
    await link.write(CTRL_C);
    await link.until(() => link.tracker.ready, link.answerMs, signal);
  }
}

/**
 * Sends Ctrl-A and Ctrl-B: a program that passes them to the prompt later ends up at the prompt
 * again. Returns false if no REPL answers.
 */
async function passThroughRaw(link: LinkSteps): Promise<boolean> {
  const { answerMs, probeMs, tracker } = link;
  link.listen('passing');
  await link.write(concat([CTRL_A, CTRL_B]));
  const isPast = () => !link.isPassing();
  await link.until(() => isPast() || tracker.atPrompt, probeMs / 2);
  // A slow board answered the carriage return only now.
  if (tracker.atPrompt) await link.until(isPast, answerMs / 2);
  if (!isPast()) {
    link.giveUpBanner();
    return false;
  }
  await link.left();
  return true;
}
