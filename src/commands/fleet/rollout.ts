import * as vscode from 'vscode';
import { UsageError } from '../../core/errors';
import {
  type FileRollout,
  FileRolloutSteps,
  RolloutJob,
  type RolloutPlan,
  sortByName,
  type UploadFile,
  type UploadPlan,
} from '../../core/many';
import { filesInWords, uploadAction } from '../../views/localFiles';
import type { Needs } from '../../views/context';
import { askPace } from './askPace';
import { boardsOf, chooseBoards } from '../targets';
import { askAboutPrograms } from './start';
import type { Command } from '../types';
import { showInputBox, tellBriefly } from '../../views/message';
import { showResults } from '../../views/helpful';

/**
 * Longest time in milliseconds for the upload to one board, and for its health check to succeed.
 */
const UPLOAD_MS = 10 * 60_000;
const HEALTH_MS = 30_000;

/** The health check of the last roll-out in this workspace. */
const HEALTH_KEY = 'mpyFleet.healthCheck';

/** Commands to roll out files to many boards in waves. */
export const rolloutCommands: readonly Command[] = [
  {
    id: 'rollOut',
    needs: 'nothing',
    run: async (context, { args }) => {
      const upload = await askFiles(args);
      if (!upload) return;
      const given = boardsOf(
        context,
        args.filter((a) => !(a instanceof vscode.Uri)),
      );
      const boards =
        given.length > 0 ? given : await chooseBoards(context, vscode.l10n.t('Roll out to boards'));
      if (!boards) return;
      const health = await askHealth(context);
      if (health === undefined) return;
      const what = { ...upload, reset: true, ...(health === '' ? {} : { health }) };
      const pace = await askPace(
        boards.length,
        boards.length === 1
          ? vscode.l10n.t('How should the files be rolled out to the board?')
          : vscode.l10n.t('How should the files be rolled out to {0} boards?', boards.length),
      );
      const plan = { ...pace, healthMs: HEALTH_MS, timeoutMs: UPLOAD_MS };
      if (pace) await rollOut(context, boards, what, plan);
    },
  },
];

async function rollOut(
  context: Needs<'log' | 'settings' | 'many'>,
  boards: ConstructorParameters<typeof RolloutJob>[1],
  what: FileRollout,
  plan: RolloutPlan,
): Promise<void> {
  const programs = await askAboutPrograms(context, boards);
  const title = vscode.l10n.t('Roll out {0}', filesInWords(what.files));
  const { stopPolicies: policies, upload } = context.many.jobs.forJobs;
  const steps = new FileRolloutSteps(what, upload);
  // The first boards of the tree are the canaries, not the one that was clicked.
  const job = new RolloutJob(title, sortByName(boards), steps, plan, { policies, programs });
  await vscode.commands.executeCommand('mpyFleet.results.focus');
  await context.many.jobs.follow(job, () => job.run());
  if (job.end === 'done') {
    tellBriefly(vscode.l10n.t('Rolled out'), 'check');
    return;
  }
  const words =
    job.end === 'cancelled'
      ? vscode.l10n.t('The roll-out was stopped, and the boards have their old files back')
      : vscode.l10n.t('The roll-out failed, and the boards have their old files back');
  context.log.warn(words);
  // No message: it would cover the results, which show the reasons.
  if (context.many.jobs.inSight) tellBriefly(words, 'error');
  else throw new UsageError(words, { next: showResults() });
}

async function askFiles(args: readonly unknown[]): Promise<UploadPlan<UploadFile> | undefined> {
  const given = args
    .flat()
    .filter((a): a is vscode.Uri => a instanceof vscode.Uri && a.scheme !== 'mpy');
  const uris =
    given.length > 0
      ? given
      : await vscode.window.showOpenDialog({
          canSelectMany: true,
          canSelectFolders: true,
          canSelectFiles: true,
          title: vscode.l10n.t('Roll out which files?'),
          openLabel: vscode.l10n.t('Roll Out'),
        });
  if (!uris) return undefined;
  return uploadAction(uris, '/');
}

/** Asks for the health check; empty means none. */
async function askHealth({ extension }: Needs<'extension'>): Promise<string | undefined> {
  const state = extension.workspaceState;
  const health = await showInputBox({
    title: vscode.l10n.t(
      'Health check (a Python expression that is true when the board is healthy)',
    ),
    prompt: vscode.l10n.t(
      'It must become true within {0} s on each board. Leave it empty if the upload is enough.',
      HEALTH_MS / 1000,
    ),
    value: state.get<string>(HEALTH_KEY, ''),
    placeHolder: "__import__('app').ok()",
  });
  if (health === undefined) return undefined;
  await state.update(HEALTH_KEY, health.trim() || undefined);
  return health.trim();
}
