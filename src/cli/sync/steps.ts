import { homedir } from 'node:os';
import { posix, resolve } from 'node:path';
import {
  applyPlan,
  below,
  type LocalFs,
  type MayRead,
  nodeLocalFs,
  planSummary,
  resultSummary,
  type SyncPlan,
} from '../../core/sync';
import { counted } from '../../core/counted';
import { IncompleteError } from '../../core/errors';
import type { BoardIo, CliBoard } from '../board';
import { type Cli, printable } from '../cli';
import { undoStore } from '../files';

/**
 * Prints a plan and applies it; with --dry-run only prints it.
 * @returns the value for --json
 * @throws IncompleteError at the end, if the plan leaves something out by mistake, such as a source that does not exist
 */
export async function carryOut(
  cli: Cli,
  { board, io, localFs }: { board: CliBoard; io: BoardIo; localFs: LocalFs },
  plan: SyncPlan,
): Promise<object> {
  sayPlan(plan, io, cli.options.dryRun);
  if (cli.options.dryRun) {
    checkWhole(plan, 'Nothing was changed.');
    return planValue(plan);
  }
  const result = await applyPlan(plan, {
    files: board.files,
    localFs,
    undo: undoStore(cli),
    board: board.uid ?? board.address.text,
    now: Date.now,
    signal: io.signal,
    onProgress: (done, total, path) => io.progress(done, total, path),
  });
  io.say(`${resultSummary(result)}\n`);
  checkWhole(plan, 'The rest was synced.');
  return result;
}

/** Checks that no file is left out of the sync. @throws IncompleteError naming the first mistake */
function checkWhole({ problems }: SyncPlan, hint: string): void {
  const [first, ...more] = problems.filter(({ severity }) => severity === 'error');
  if (!first) return;
  const others = more.length === 0 ? '' : ` (and ${counted(more.length, 'other mistake')})`;
  throw new IncompleteError(
    printable(`Not everything can be synced: ${first.path}: ${first.message}${others}`),
    { hint },
  );
}

/** Makes a path of the command line absolute, with `/` between the parts on every system. */
export function localPath({ cwd }: Pick<Cli, 'cwd'>, path: string): string {
  return resolve(cwd, path).replaceAll('\\', '/');
}

/** Returns a function that accepts links to any place in the repository that contains `folder`. */
export async function inRepository(folder: string): Promise<MayRead> {
  for (let at = folder; at !== posix.dirname(at); at = posix.dirname(at)) {
    if (at === homedir().replaceAll('\\', '/')) break;
    if ((await nodeLocalFs.list(at))?.some(({ name }) => name === '.git')) {
      const root = await nodeLocalFs.real(at);
      return (path) => below(root, path) !== undefined;
    }
  }
  return () => false;
}

/** Prints one line for each step, and the excluded files with the reason. */
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
