import * as vscode from 'vscode';
import type { Found } from '../core/board';
import { UsageError } from '../core/errors';
import {
  recordWords,
  setUpBoard,
  stepsOf,
  type SetupRecord,
  type SetupTemplate,
  type StepName,
} from '../core/setup';
import type { ViewContext } from '../views/context';
import { showErrorMessage, showInformationMessage } from '../views/message';
import { askFlashTarget } from './flashTarget';
import { askSetup, type SetupPlan } from './setupAsk';
import { WindowBoard } from './setupBoard';
import { windowHost, type SetupAnswers } from './setupHost';
import { SetupSecrets } from './setupSecrets';
import type { Call } from './types';

/** `Set Up a New Board…`: asks all questions, then does every step, and offers to continue with the next board. */
export async function setUpNewBoard(context: ViewContext, call: Call): Promise<void> {
  const title = vscode.l10n.t('Set up which board?');
  const chosen = await askFlashTarget(context, call.args, title);
  if (!chosen) return;
  let found = portOf(chosen.found);
  const plan = await askSetup(context, chosen, call);
  if (!plan) return;
  const secrets = new SetupSecrets(context, call);
  const answers: SetupAnswers = {};
  while (await setUpOne(context, found, plan, secrets, answers, call)) {
    const next = await call.ask(() => askFlashTarget(context, [], title));
    if (!next) return;
    found = portOf(next.found);
  }
}

function portOf(found: Found | undefined): Found {
  if (found) return found;
  throw new UsageError(vscode.l10n.t('This board has no serial port yet'), {
    hint: vscode.l10n.t('Use "Flash Firmware…" first. The board then appears and can be set up.'),
  });
}

/** Sets up one board; a failed step can be repeated or skipped. @returns whether the user wants to do the next board */
async function setUpOne(
  context: ViewContext,
  found: Found,
  plan: SetupPlan,
  secrets: SetupSecrets,
  answers: SetupAnswers,
  call: Call,
): Promise<boolean> {
  call.begin();
  const { template } = plan;
  const target = new WindowBoard(context, found);
  const host = windowHost(context, target, plan, secrets, answers, call);
  const without: StepName[] = [];
  let before: SetupRecord | undefined;
  for (;;) {
    // The user has agreed to set the board up, so no question about its running program follows.
    const record = await context.many.jobs.stopPolicies.during(target.board, 'stop', () =>
      setUpBoard(template, target, host, {
        signal: call.signal,
        without,
        ...(before ? { before } : {}),
        onStep: (step, words, done, total) =>
          call.report(`${place(template, step)} ${words}`, done, total),
      }),
    );
    if (!record.failed) return call.ask(() => askForNext(record));
    const { step, reason, hint } = record.failed;
    context.log.warn(`Setup of ${target.board.name} failed in "${step}": ${reason}`);
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
    }
  }
}

/**
 * A board that does not reach its broker often has a wrong Wi-Fi password, so those steps are
 * repeated too.
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
