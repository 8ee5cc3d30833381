import { callRaw } from './askForRaw';
import { CTRL_A, CTRL_B, CTRL_D } from './controlKeys';
import { lineBlocked } from './heard';
import type { LinkSteps } from './linkSteps';
import { ONCE, Patience, STOP_ROUNDS, sendInterrupts, type StopRound } from './rawReplStop';

/** aiorepl's default prompt. Its REPL handles Ctrl-C itself and ends with Ctrl-D. */
const AIOREPL = '--> ';
/** Limits the questions to a program that answers every key with something like a prompt. */
const MOST_QUESTIONS = 3;
/**
 * After this silence (milliseconds), every Ctrl-C in transit when the prompt appeared has been
 * answered.
 */
const QUIET_MS = 30;
/** Longest wait for such answers, in milliseconds. */
const ANSWERS_MS = 300;

/**
 * Stops the running program: one Ctrl-C and patience, then more of them over time. Afterwards the
 * board has been in its raw REPL, and may still owe answers.
 * @throws ConnectError, TimeoutError
 */
export async function stopProgram(link: LinkSteps, signal?: AbortSignal): Promise<void> {
  link.heard.reset();
  link.tracker.reset();
  if (await stopGently(link, signal)) return;
  // What looked like a prompt may be the program's own: it answers each Ctrl-C, and the next round
  // must not end at its first answer.
  let arePromptsReal = true;
  for (const round of STOP_ROUNDS) {
    const went = await stopRound(link, round, arePromptsReal, signal);
    if (went === 'stopped') return;
    if (went === 'falsePrompt') arePromptsReal = false;
  }
  throw link.heard.verdict(link.address);
}

/**
 * Sends one Ctrl-C and lets the program clean up. Ctrl-A is sent after the prompt or a silence, and
 * waits in the board's input until its REPL reads it.
 */
async function stopGently(link: LinkSteps, signal?: AbortSignal): Promise<boolean> {
  const { heard, tracker } = link;
  await interrupt(link, ONCE, () => false);
  link.listen('entering');
  const patience = new Patience(link.clock);
  let asked = 0;
  try {
    for (let askedAt = -1; !link.isRaw() && patience.leftMs > 0;) {
      const before = heard.bytes;
      const isNews = () => link.isRaw() || heard.bytes > before;
      const isQuiet = !(await link.until(isNews, Math.min(link.probeMs, patience.leftMs), signal));
      if (!isQuiet) patience.heard();
      const isDue = (isQuiet || tracker.ready) && askedAt !== heard.bytes;
      if (link.isRaw() || !isDue || asked === MOST_QUESTIONS) continue;
      askedAt = heard.bytes;
      // Old versions of aiorepl have no raw REPL.
      await link.write(asked > 0 && tracker.text === AIOREPL ? CTRL_D : CTRL_A);
      asked++;
    }
  } catch (error) {
    if (signal?.aborted) await link.write(CTRL_B); // leaves no Ctrl-A for the prompt
    throw error;
  }
  if (!link.isRaw()) {
    await link.write(CTRL_B);
    return false;
  }
  return true;
}

/**
 * Sends one round of Ctrl-C. stopped: the raw REPL has answered. falsePrompt: something looked like
 * a prompt, and no raw REPL answered there.
 */
async function stopRound(
  link: LinkSteps,
  round: StopRound,
  arePromptsReal: boolean,
  signal?: AbortSignal,
): Promise<'stopped' | 'falsePrompt' | 'runs'> {
  const { heard, probeMs } = link;
  const isThere = () => (arePromptsReal && link.tracker.ready) || link.isRaw();
  await interrupt(link, round, () => isThere() || signal?.aborted === true);
  await link.until(isThere, round.waitMs, signal);
  // Waits for the answers to every Ctrl-C in transit, but not for a program that keeps printing.
  const start = link.clock.now();
  for (let seen = -1; seen < heard.bytes && link.clock.now() - start < ANSWERS_MS;) {
    seen = heard.bytes;
    const before = seen;
    await link.until(() => heard.bytes > before, QUIET_MS, signal);
  }
  const looksStopped = isThere();
  if (link.isRaw() || (await callRaw(link, looksStopped ? probeMs : probeMs / 2))) return 'stopped';
  return looksStopped ? 'falsePrompt' : 'runs';
}

async function interrupt(link: LinkSteps, round: StopRound, isOver: () => boolean): Promise<void> {
  if (await sendInterrupts(link, round, isOver)) return;
  // A silent line, or one without text, is not held by a program.
  const { heard, address } = link;
  throw heard.bytes === 0 || heard.isGarbage ? heard.verdict(address) : lineBlocked(address);
}
