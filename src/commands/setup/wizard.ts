import * as vscode from 'vscode';
import { UsageError } from '../../core/errors';
import {
  recordWords,
  setUpBoard,
  stepsOf,
  type SetupRecord,
  type SetupTemplate,
  type StepName,
} from '../../core/setup';
import type { Needs } from '../../views/context';
import { showErrorMessage, showInformationMessage } from '../../views/message';
import { askFlashTarget, type Chosen } from '../flash';
import { askSetup, type SetupPlan } from './ask';
import { WindowBoard } from './board';
import {
  type HostServices,
  noAnswers,
  type SetupAnswers,
  type SetupServices,
  windowHost,
} from './host';
import { SetupSecrets } from './secrets';
import type { Call } from '../types';

/** `Set Up a New Board…`: asks all questions, then does every step, and offers to continue with the next board. */
export async function setUpNewBoard(
  context: SetupServices & Needs<'uris' | 'portHints' | 'tree'>,
  call: Call,
): Promise<void> {
  const title = vscode.l10n.t('Set up which board?');
  const chosen = await askFlashTarget(context, call.args, title);
  if (!chosen) return;
  const plan = await askSetup(context, chosen, call);
  if (!plan) return;
  const secrets = new SetupSecrets(context, call, plan.base);
  const answers = noAnswers();
  let next: Chosen | undefined = chosen;
  while (next && (await setUpOne(context, next, plan, secrets, answers, call))) {
    next = await call.ask(() => askFlashTarget(context, [], title));
  }
}

/** Checks that a board in its loader gets firmware. @throws UsageError if the template has none */
function refuseWithoutFirmware({ drive }: Chosen, { template }: SetupPlan): void {
  if (!drive || template.firmware) return;
  throw new UsageError(vscode.l10n.t('{0} is in its loader and runs no program', drive.name), {
    hint: vscode.l10n.t(
      'Choose to flash MicroPython too, or unplug the board and plug it in again.',
    ),
  });
}

/**
 * Sets up one board. The user can repeat or skip a failed step.
 * @returns whether the user wants to set up the next board
 */
async function setUpOne(
  context: SetupServices,
  chosen: Chosen,
  plan: SetupPlan,
  secrets: SetupSecrets,
  answers: SetupAnswers,
  call: Call,
): Promise<boolean> {
  refuseWithoutFirmware(chosen, plan);
  call.begin();
  const target = new WindowBoard(context, chosen);
  try {
    return await setUp(context, target, plan, secrets, answers, call);
  } finally {
    target.dispose();
  }
}

async function setUp(
  context: HostServices,
  target: WindowBoard,
  plan: SetupPlan,
  secrets: SetupSecrets,
  answers: SetupAnswers,
  call: Call,
): Promise<boolean> {
  const { template } = plan;
  const host = windowHost(context, target, plan, secrets, answers, call);
  const without: StepName[] = [];
  let before: SetupRecord | undefined;
  for (;;) {
    const record = await setUpBoard(template, target, host, {
      signal: call.signal,
      without,
      ...(before ? { before } : {}),
      onStep: (step, words, done, total) =>
        call.report(`${place(template, step)} ${words}`, done, total),
    });
    if (!record.failed) return call.ask(() => askForNext(record));
    const { step, reason, hint } = record.failed;
    context.log.warn(`Setup of ${target.name} failed in "${step}": ${reason}`);
    if (call.signal.aborted) {
      void showInformationMessage(`${recordWords(record)}.`);
      return false;
    }
    const answer = await call.ask(() => askAfterFailure(record, hint));
    if (answer === undefined) return false;
    if (answer === 'skip') without.push(step);
    before = answer === 'again' && step === 'broker' ? withoutAgent(record) : record;
    if (before !== record) {
      secrets.askAgain();
      delete answers.networks;
      answers.broker.logins.forget();
    }
  }
}

/**
 * Returns the record without the steps of the agent. A board that does not reach its broker often
 * has a wrong Wi-Fi password, so those steps are repeated, too.
 */
function withoutAgent(record: SetupRecord): SetupRecord {
  const again: readonly StepName[] = ['wifi', 'agent', 'start'];
  return { ...record, done: record.done.filter((step) => !again.includes(step)) };
}

async function askForNext(record: SetupRecord): Promise<boolean> {
  const next = vscode.l10n.t('Set Up the Next Board');
  const words = [recordWords(record), ...record.notes].map((sentence) => `${sentence}.`);
  return (await showInformationMessage(words.join(' '), next)) === next;
}

async function askAfterFailure(
  record: SetupRecord,
  hint: string | undefined,
): Promise<'again' | 'skip' | undefined> {
  const again = vscode.l10n.t('Try Again from Here');
  const skip = vscode.l10n.t('Leave This Step Out');
  const words = [`${recordWords(record)}.`, ...(hint === undefined ? [] : [hint])].join(' ');
  const answer = await showErrorMessage(words, again, skip);
  if (answer === undefined) return undefined;
  return answer === again ? 'again' : 'skip';
}

/** Formats the number of a step: `2/6:`. */
function place(template: SetupTemplate, step: StepName): string {
  const steps = stepsOf(template);
  return `${steps.indexOf(step) + 1}/${steps.length}:`;
}
