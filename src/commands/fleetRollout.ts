import * as vscode from 'vscode';
import { UsageError } from '../core/errors';
import { RolloutJob } from '../core/many/rolloutJob';
import { wavesOf, type RolloutPlan } from '../core/many/rollout';
import type { FileRollout } from '../core/many/rolloutFiles';
import { collectLocal, filesInWords } from '../views/localFiles';
import type { ViewContext } from '../views/context';
import { tellBriefly } from '../views/brief';
import { chooseBoards } from './fleetChoose';
import { askAboutPrograms } from './fleetStart';
import { boardsOf } from './fleetTargets';
import type { Command } from './types';

/** Most time for the upload to one board, and for its health check to come true. */
const UPLOAD_MS = 10 * 60_000;
const HEALTH_MS = 30_000;

/** Bringing files to many boards, carefully. */
export const rolloutCommands: readonly Command[] = [
  {
    id: 'rollOut',
    needs: 'nothing',
    run: async (context, { args }) => {
      const what = await askFiles(args);
      if (!what) return;
      const given = boardsOf(
        context,
        args.filter((a) => !(a instanceof vscode.Uri)),
      );
      const boards =
        given.length > 0 ? given : await chooseBoards(context, vscode.l10n.t('Roll out to boards'));
      if (!boards) return;
      const plan = await askPlan(boards.length);
      if (plan) await rollOut(context, boards, what, plan);
    },
  },
];

async function rollOut(
  context: ViewContext,
  boards: ConstructorParameters<typeof RolloutJob>[1],
  what: FileRollout,
  plan: RolloutPlan,
): Promise<void> {
  const programs = await askAboutPrograms(context, boards);
  const title = vscode.l10n.t('Roll out {0}', filesInWords(what.files));
  const policies = context.many.jobs.stopPolicies;
  const job = new RolloutJob(title, boards, what, plan, { policies, programs });
  await vscode.commands.executeCommand('mpyFleet.results.focus');
  await context.many.jobs.follow(job, () => job.run());
  if (job.end === 'done') {
    tellBriefly(vscode.l10n.t('$(check) Rolled out'));
    return;
  }
  throw new UsageError(
    job.end === 'cancelled'
      ? vscode.l10n.t('The roll-out was stopped; the boards have their old files back')
      : vscode.l10n.t('The roll-out failed; the boards have their old files back'),
    { hint: vscode.l10n.t('The Results view tells of each board.') },
  );
}

async function askFiles(args: readonly unknown[]): Promise<FileRollout | undefined> {
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
          openLabel: vscode.l10n.t('Roll Out'),
        });
  if (!uris) return undefined;
  const { files: found } = await collectLocal(uris, '/');
  if (found.length === 0)
    throw new UsageError(vscode.l10n.t('There is no file in what was chosen'));
  const files = await Promise.all(
    found.map(async ({ local, path }) => ({
      path,
      content: await vscode.workspace.fs.readFile(local),
    })),
  );
  const health = await vscode.window.showInputBox({
    title: vscode.l10n.t('Health check'),
    prompt: vscode.l10n.t(
      'A Python expression that is true on a board that is well. Empty: the upload is enough.',
    ),
    placeHolder: "__import__('app').ok()",
    ignoreFocusOut: true,
  });
  if (health === undefined) return undefined;
  return { files, reset: true, ...(health.trim() === '' ? {} : { health }) };
}

/** How fast: each choice says how many boards each wave has. */
async function askPlan(count: number): Promise<RolloutPlan | undefined> {
  const paces: { label: string; canaries: number; waves: number[] }[] = [
    { label: vscode.l10n.t('One board first, then all'), canaries: 1, waves: [] },
    { label: vscode.l10n.t('One board, a tenth, a half, all'), canaries: 1, waves: [0.1, 0.5] },
    { label: vscode.l10n.t('Three boards, a quarter, all'), canaries: 3, waves: [0.25] },
  ];
  const all = Array.from({ length: count }, (_, i) => i);
  const picked = await vscode.window.showQuickPick(
    paces.map((p) => ({
      ...p,
      description: wavesOf(all, p)
        .map((w) => w.length)
        .join(' + '),
    })),
    { title: vscode.l10n.t('Roll out to {0} boards: how?', count) },
  );
  return (
    picked && {
      canaries: picked.canaries,
      waves: picked.waves,
      healthMs: HEALTH_MS,
      timeoutMs: UPLOAD_MS,
    }
  );
}
