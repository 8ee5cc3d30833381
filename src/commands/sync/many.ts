import * as vscode from 'vscode';
import type { Board, ManyStopAnswer } from '../../core/board';
import { CancelledError } from '../../core/errors';
import type { ActionIo } from '../../core/many';
import { compressHostlist } from '../../core/many';
import { planSummary, resultSummary, type SyncMode, type SyncPlan } from '../../core/sync';
import type { Needs } from '../../views/context';
import type { Preview, SyncSource } from '../../views/sync';
import { firstLines } from '../summary';
import type { Call } from '../types';
import { showInformationMessage, showWarningMessage } from '../../views/message';
import { askAboutPrograms, startJob } from '../fleet';

/** The services that most functions here use. */
type Services = Needs<'settings' | 'many' | 'sync'>;

/** Number of deletions that the question lists for boards with the same ones. */
const LISTED = 20;

/**
 * Shows in one table what a sync would change on each board. Boards with the same differences share
 * a row.
 */
export async function previewMany(
  context: Services,
  boards: readonly Board[],
  mode: SyncMode,
  signal: AbortSignal,
  programs?: ManyStopAnswer,
): Promise<readonly Preview[]> {
  const made: Preview[] = [];
  const title =
    mode === 'mirror' ? vscode.l10n.t('Preview of Mirror') : vscode.l10n.t('Preview of Sync');
  const work = async (board: Board, io: ActionIo) => {
    const preview = await context.sync.preview(board, mode, { signal: io.signal });
    made.push(preview);
    io.print(planText(preview.plan));
  };
  await startJob(context, { kind: 'work', title, work }, boards, signal, programs);
  return made;
}

/**
 * Makes boards equal to their folders: shows all differences, asks once about deletions, and works
 * in parallel.
 */
export async function mirrorMany(
  context: Services,
  boards: readonly Board[],
  signal: AbortSignal,
): Promise<void> {
  const programs = await askAboutPrograms(context, boards);
  const made = await previewMany(context, boards, 'mirror', signal, programs);
  const wanted = made.filter(({ plan }) => plan.actions.length > 0);
  if (wanted.length === 0) {
    const text =
      made.length === boards.length
        ? vscode.l10n.t('All boards are up to date')
        : vscode.l10n.t('No board was mirrored: see the results');
    void showInformationMessage(text);
    return;
  }
  await confirm(wanted);
  const plans = new Map(wanted.map((preview) => [preview.board, preview]));
  const work = async (board: Board, io: ActionIo) => {
    const preview = plans.get(board);
    if (!preview) return;
    const onProgress = (done: number, total: number) => io.progress?.(done, total);
    const result = await context.sync.apply(preview, { signal: io.signal, onProgress });
    io.print(`${resultSummary(result)}\n`);
  };
  const title = vscode.l10n.t('Mirror');
  await startJob(context, { kind: 'work', title, work }, [...plans.keys()], signal, programs);
}

/** Writes the files of a specification, which never deletes, to boards in parallel. */
export async function pushSpec(
  context: Services,
  boards: readonly Board[],
  source: SyncSource,
  call: Call,
): Promise<void> {
  await call.ask(() => source.admit());
  const work = async (board: Board, io: ActionIo) => {
    const preview = await context.sync.preview(board, 'push', { signal: io.signal }, source);
    io.print(planText(preview.plan));
    const onProgress = (done: number, total: number) => io.progress?.(done, total);
    const result = await context.sync.apply(preview, { signal: io.signal, onProgress });
    io.print(`${resultSummary(result)}\n`);
  };
  const title = vscode.l10n.t('Sync with {0}', source.label);
  await startJob(context, { kind: 'work', title, work }, boards, call.signal);
}

/** Undoes the last sync, upload or deletion of each board. */
export async function undoMany(
  context: Services,
  boards: readonly Board[],
  signal: AbortSignal,
): Promise<void> {
  const work = async (board: Board, io: ActionIo) => {
    const { restored, removed, left } = await context.sync.undo(board, { signal: io.signal });
    io.print(
      `${vscode.l10n.t('{0} restored, {1} removed', restored.length, removed.length)}\n${left
        .map(
          (path) => `${vscode.l10n.t('not restored, because it has changed since: {0}', path)}\n`,
        )
        .join('')}`,
    );
  };
  const title = vscode.l10n.t('Undo');
  await startJob(context, { kind: 'work', title, work }, boards, signal);
}

/** Returns one line per step, like the rows of the Sync view. */
function planText(plan: SyncPlan): string {
  const problems = plan.problems.map((p) => `${p.severity}: ${p.path}: ${p.message}`);
  const steps = plan.actions.map(
    ({ kind, path, type }) => `${kind.padEnd(6)}  ${path}${type === 'dir' ? '/' : ''}`,
  );
  return `${[planSummary(plan), ...problems, ...steps].join('\n')}\n`;
}

/** Names the files to delete, once for boards where they are the same. @throws CancelledError */
async function confirm(previews: readonly Preview[]): Promise<void> {
  const groups = new Map<string, string[]>();
  let count = 0;
  for (const { board, plan } of previews) {
    const gone = plan.actions.filter((a) => a.kind === 'delete').map((a) => a.path);
    count += gone.length;
    const text = firstLines(gone, LISTED).join('\n');
    if (gone.length > 0) groups.set(text, [...(groups.get(text) ?? []), board.name]);
  }
  const yes = count > 0 ? vscode.l10n.t('Delete and Sync') : vscode.l10n.t('Sync');
  const boards = compressHostlist(previews.map(({ board }) => board.name));
  const question =
    count === 0
      ? vscode.l10n.t('Mirror to {0}? Nothing is deleted.', boards)
      : count === 1
        ? vscode.l10n.t('Mirror to {0} and delete 1 item?', boards)
        : vscode.l10n.t('Mirror to {0} and delete {1} items?', boards, count);
  const detail = [...groups]
    .map(([text, names]) => `${compressHostlist(names)}:\n${text}`)
    .join('\n\n');
  if ((await showWarningMessage(question, { modal: true, detail }, yes)) !== yes) {
    throw new CancelledError();
  }
}
