import * as vscode from 'vscode';
import { callCommand } from '../../views/callCommand';
import type { Board } from '../../core/board';
import { forEachBoard } from '../../core/many';
import { planSummary, resultSummary, type SyncMode, type SyncResult } from '../../core/sync';
import type { Needs } from '../../views/context';
import {
  closeDiffs,
  headline,
  isPreviewed,
  notePreviewed,
  type Preview,
  showDiff,
  specSource,
  SYNC_VIEW,
  type SyncNode,
} from '../../views/sync';
import { showError } from '../../views/showError';
import { summarise } from '../summary';
import { confirmMirror } from './confirm';
import { chooseSyncFolder } from './folder';
import { mirrorMany, previewMany, pushSpec, undoMany } from './many';
import type { Call, Command, ProgressLook } from '../types';
import { showInformationMessage } from '../../views/message';

/** The services that most functions here use. */
type Services = Needs<'extension' | 'log' | 'uris' | 'sync'>;

const SYNCING: ProgressLook = {
  where: 'notification',
  title: (names) => vscode.l10n.t('Syncing {0}', names),
};

const RESTORING: ProgressLook = {
  where: 'notification',
  title: (names) => vscode.l10n.t('Restoring files on {0}', names),
};

const APPLYING: ProgressLook = { where: 'notification', title: () => vscode.l10n.t('Syncing') };

const COMPARING: ProgressLook = {
  where: 'notification',
  title: (names) => vscode.l10n.t('Comparing with {0}', names),
};

/** Commands that sync a folder with boards. */
export const syncCommands: readonly Command[] = [
  { id: 'syncPush', needs: 'boards', which: 'present', progress: SYNCING, run: push },
  {
    id: 'syncPreview',
    needs: 'boards',
    which: 'present',
    progress: COMPARING,
    run: async (context, boards, call) => {
      const [only, second] = boards;
      if (only && !second) await preview(context, only, 'push', call);
      else await previewMany(context, boards, 'push', call.signal);
    },
  },
  {
    id: 'syncMirror',
    needs: 'boards',
    which: 'present',
    progress: COMPARING,
    run: async (context, boards, call) => {
      const [only, second] = boards;
      if (only && !second) await preview(context, only, 'mirror', call);
      else await mirrorMany(context, boards, call.signal);
    },
  },
  {
    id: 'syncPull',
    needs: 'board',
    which: 'present',
    progress: COMPARING,
    run: (context, board, call) => preview(context, board, 'pull', call),
  },
  {
    id: 'syncSpec',
    needs: 'local',
    which: 'present',
    many: true,
    progress: COMPARING,
    run: async (context, { uris: [uri], boards }, call) => {
      const [board, second] = boards;
      if (!uri || !board) return;
      const source = specSource(context.sync.outside, uri);
      if (second) await pushSpec(context, boards, source, call);
      else await show(context, await context.sync.preview(board, 'push', call, source));
    },
  },
  { id: 'syncApply', needs: 'nothing', progress: APPLYING, run: applyShown },
  { id: 'syncClose', needs: 'nothing', run: ({ sync }) => sync.show(undefined) },
  {
    id: 'syncDiff',
    needs: 'nothing',
    run: (context, { args }) => showDiff(context, args[0] as SyncNode),
  },
  {
    id: 'syncUndo',
    needs: 'boards',
    which: 'present',
    progress: RESTORING,
    run: async (context, boards, call) => {
      const [only, second] = boards;
      if (only && !second) await undo(context, only, call);
      else await undoMany(context, boards, call.signal);
    },
  },
  {
    id: 'toggleSyncOnSave',
    needs: 'nothing',
    run: ({ settings }) => settings.set('sync.onSave', !settings.get('sync.onSave')),
  },
];

/**
 * Pushes to one board through the preview if the settings want it, to several immediately, because
 * a push never deletes.
 */
async function push(
  context: Needs<'extension' | 'log' | 'settings' | 'uris' | 'tree' | 'sync'>,
  boards: readonly Board[],
  call: Call,
): Promise<void> {
  const [only] = boards;
  if (only) await call.ask(() => chooseSyncFolder(context, only));
  if (boards.length === 1 && only) {
    const made = await plan(context, only, 'push', call);
    if (!made) return;
    if (isPreviewed(context, only)) await apply(context, made, call);
    else await show(context, made);
    return;
  }
  const outcomes = await forEachBoard(
    boards,
    async (board, signal) => {
      const made = await context.sync.preview(board, 'push', { signal });
      return context.sync.apply(made, { signal });
    },
    { signal: call.signal },
  );
  summarise(context, outcomes, vscode.l10n.t('Sync'), 'mpyFleet.syncPush');
  const ok = outcomes.filter((o) => o.status === 'ok').length;
  tell(context, vscode.l10n.t('{0} of {1} boards are up to date', ok, boards.length));
}

async function preview(
  context: Needs<'extension' | 'log' | 'settings' | 'sync'>,
  board: Board,
  mode: SyncMode,
  call: Call,
) {
  await call.ask(() => chooseSyncFolder(context, board));
  const made = await plan(context, board, mode, call);
  if (made) await show(context, made);
}

/** Returns the preview if it changes something, and otherwise reports that nothing differs. */
async function plan(
  context: Needs<'log' | 'sync'>,
  board: Board,
  mode: SyncMode,
  call: Call,
): Promise<Preview | undefined> {
  const made = await context.sync.preview(board, mode, { signal: call.signal });
  const { actions, problems } = made.plan;
  if (actions.length > 0 || problems.length > 0) return made;
  if (context.sync.shown?.kind === 'preview') context.sync.show(undefined);
  tell(context, `${board.name}: ${planSummary(made.plan)}`);
  return undefined;
}

async function show(context: Needs<'log' | 'sync'>, made: Preview): Promise<void> {
  context.sync.show(made);
  await vscode.commands.executeCommand(`${SYNC_VIEW}.focus`);
  // Not awaited: the preview stays in the view, whether or not the user reacts to the message.
  offerApply(context, made).catch((error: unknown) => showError(context, error));
}

/**
 * Reports that nothing has changed yet and offers to apply the plan, because the view may be too
 * small for the list.
 */
async function offerApply(context: Needs<'sync'>, made: Preview): Promise<void> {
  const apply = vscode.l10n.t('Sync');
  const view = vscode.l10n.t('Show');
  const answer = await showInformationMessage(headline(made), apply, view);
  if (answer === view) await vscode.commands.executeCommand(`${SYNC_VIEW}.focus`);
  if (answer !== apply || context.sync.shown?.kind !== 'preview') return;
  if (context.sync.shown.board === made.board) {
    await callCommand('mpyFleet.syncApply');
  }
}

async function applyShown(context: Services, call: Call): Promise<void> {
  const { shown } = context.sync;
  if (shown?.kind !== 'preview' || !(await confirmMirror(shown))) return;
  await apply(context, shown, call);
}

async function apply(context: Services, made: Preview, call: Call): Promise<void> {
  const result = await context.sync.apply(made, {
    signal: call.signal,
    onProgress: (done, total, path) => call.report(path, done, total),
  });
  await closeDiffs(context, made);
  await notePreviewed(context, made.board);
  tellResult(context, made.board, result);
}

function tellResult(context: Needs<'log'>, board: Board, result: SyncResult): void {
  const undoIt = vscode.l10n.t('Undo');
  const text = `${board.name}: ${resultSummary(result)}`;
  if (result.paths.length === 0) {
    tell(context, text);
    return;
  }
  showInformationMessage(text, undoIt)
    .then(async (choice) => {
      if (choice === undoIt) await callCommand('mpyFleet.syncUndo', board.id);
    })
    .then(undefined, (error: unknown) => context.log.error('Undo failed', String(error)));
}

async function undo(context: Needs<'log' | 'sync'>, board: Board, call: Call): Promise<void> {
  const { restored, removed, left } = await context.sync.undo(board, { signal: call.signal });
  const parts = [
    vscode.l10n.t('{0}: {1} restored, {2} removed', board.name, restored.length, removed.length),
    ...(left.length > 0
      ? [vscode.l10n.t('not restored, because they have changed since: {0}', left.join(', '))]
      : []),
  ];
  tell(context, parts.join('; '));
}

function tell(context: Needs<'log'>, text: string): void {
  context.log.info(text);
  void showInformationMessage(text);
}
