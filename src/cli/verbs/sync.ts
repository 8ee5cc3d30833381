import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '../../core/errors';
import { applyPlan } from '../../core/sync/apply';
import { planFolder } from '../../core/sync';
import { boardPath as canonicalPath } from '../../core/sync/boardPath';
import type { SyncMode, SyncPlan } from '../../core/sync/model';
import { nodeLocalFs } from '../../core/sync/nodeLocalFs';
import { nodeUndoFolder } from '../../core/sync/nodeUndoFolder';
import { planSummary, resultSummary } from '../../core/sync/summary';
import { UndoStore } from '../../core/sync/undoStore';
import { printable, type Cli, type VerbRun } from '../cli';
import { packagesOn } from '../packages';
import { runOnBoards, type BoardIo } from '../runOnBoards';
import { boardPath } from './folders';

/** `sync [--mirror | --pull] [--dry-run] FOLDER [:PATH]`: only what differs is moved; nothing is deleted without --mirror. */
export const run: VerbRun = async (cli, args) => {
  const [folder, place = ':/', ...more] = args;
  if (folder === undefined || folder.startsWith(':') || more.length > 0) {
    throw new UsageError('sync wants a local folder, and perhaps a folder on the board', {
      hint: 'mpyfleet sync src :/   or   mpyfleet sync --dry-run src :/app',
    });
  }
  const { mirror, pull } = cli.options;
  if (mirror && pull) throw new UsageError('--mirror and --pull go different ways: give one');
  const mode: SyncMode = mirror ? 'mirror' : pull ? 'pull' : 'push';
  const local = resolve(cli.cwd, folder).replaceAll('\\', '/');
  const found = await nodeLocalFs.stat(local);
  if (mode !== 'pull' && found?.type !== 'dir') throw new UsageError(`${folder} is no folder`);
  const undo = new UndoStore(nodeUndoFolder(undoFolder(cli)));
  return runOnBoards(cli, 'Syncing', async (board, io) => {
    const to = canonicalPath(await board.resolve(boardPath(place), io.signal));
    const sync = {
      files: board.files,
      localFs: nodeLocalFs,
      folder: local,
      mappings: [{ from: '', to }],
      ignore: [],
      protect: [],
      ...(mirror ? { installed: await packagesOn(cli, board, io.signal) } : {}),
    };
    const plan = await planFolder(sync, mode, io.signal);
    sayPlan(plan, io, cli.options.dryRun);
    if (cli.options.dryRun) return planValue(plan);
    const result = await applyPlan(plan, {
      files: board.files,
      localFs: nodeLocalFs,
      undo,
      board: board.uid ?? board.address.text,
      now: Date.now,
      signal: io.signal,
      onProgress: (done, total, path) => io.progress(done, total, path),
    });
    io.say(`${resultSummary(result)}\n`);
    return result;
  });
};

/** What will be done, a line for each step; and what is left out and why. */
function sayPlan(plan: SyncPlan, io: BoardIo, dryRun: boolean): void {
  for (const { severity, path, message } of plan.problems) {
    io.say(`${severity}: ${printable(path)}: ${printable(message)}\n`);
  }
  for (const { kind, path, type } of plan.actions) {
    io.say(`${kind.padEnd(6)}  ${printable(path)}${type === 'dir' ? '/' : ''}\n`);
  }
  for (const path of plan.kept) io.say(`keep    ${printable(path)} (protected)\n`);
  if (dryRun) io.say(`${planSummary(plan)}\n`);
}

function planValue(plan: SyncPlan): object {
  const actions = plan.actions.map(({ kind, type, path, size }) => ({ kind, type, path, size }));
  return { actions, unchanged: plan.unchanged, problems: plan.problems };
}

/** What a sync replaces or deletes is kept here, as the editor keeps it for its undo. */
function undoFolder({ env }: Cli): string {
  const state = env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state');
  return join(state, 'micropython-fleet', 'undo');
}
