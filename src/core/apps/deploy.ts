import * as l10n from '@vscode/l10n';
import type { BoardFiles, WalkEntry, WriteItem } from '../boardFiles';
import { text, utf8 } from '../bytes';
import { UsageError } from '../errors';
import { MAIN_FILE, orIfMissing, removeIfThere } from '../files';
import { sha256 } from '../sync';
import type { AppPackage } from './appSource';
import { appsFolder, readBoardApp, writeNote, type BoardApp } from './boardNote';
import { withAppLines } from './startBlock';
import { startFromMain } from './startFromMain';

/** The supervisor's files by name, as they are in the product. */
export type Supervisor = ReadonlyMap<string, Uint8Array>;

/** Cancellation, progress and the way of sending for a deployment. */
export interface DeployOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, path: string) => void;
  /** Sends a file to this board and others at once; false: it has to be written to this board alone. */
  readonly publish?: (file: WriteItem & { readonly content: Uint8Array }) => Promise<boolean>;
}

/** What a deployment has to do on one board. Nothing has been changed yet. */
interface DeployPlan {
  readonly id: string;
  readonly before: BoardApp | undefined;
  /** The version runs there already, and all its files are whole. */
  readonly isSame: boolean;
  /** Files that the board does not have. */
  readonly send: readonly (WriteItem & { readonly content: Uint8Array })[];
  /** Files that it has at another place. */
  readonly copy: readonly { readonly from: string; readonly to: string }[];
  /** Versions that are neither run nor kept to go back to. */
  readonly remove: readonly string[];
}

/** What a deployment has done on one board. `sent`, `copied`: numbers of files. */
export interface Deployed {
  readonly id: string;
  readonly sent: number;
  readonly copied: number;
  /** False: it ran there already. */
  readonly changed: boolean;
}

/** Looks what `app` needs on a board, in two round trips. */
async function planDeployment(
  files: BoardFiles,
  app: AppPackage,
  supervisor: Supervisor,
  signal?: AbortSignal,
): Promise<DeployPlan> {
  const root = await appsFolder(files, signal);
  const before = await readBoardApp(files, signal);
  const there = before ? await walk(files, root, signal) : [];
  const at = new Map(there.flatMap((e) => (e.sha256 ? [[e.path, e.sha256] as const] : [])));
  const byHash = new Map([...at].map(([path, hash]) => [hash, path]));
  const wanted = [
    ...[...supervisor].map(([name, content]) => ({
      ...{ path: `${root}/${name}`, content, sha256: sha256(content) },
    })),
    ...app.files.map((f) => ({ ...f, path: `${root}/apps/${app.id}/${f.path}` })),
  ];
  const missing = wanted.filter((f) => at.get(f.path) !== f.sha256);
  const copy: { from: string; to: string }[] = [];
  const send: (WriteItem & { content: Uint8Array })[] = [];
  for (const { path, content, sha256: hash } of missing) {
    const from = byHash.get(hash);
    if (from === undefined) send.push({ path, content });
    else copy.push({ from, to: path });
  }
  const kept = new Set([app.id, before?.run, ...(before?.onTrial ? [before.old] : [])]);
  const versions = there.flatMap((e) => {
    const id = e.type === 'dir' ? e.path.slice(`${root}/apps/`.length) : '';
    return e.path.startsWith(`${root}/apps/`) && /^[^/]+\/[^/]+$/.test(id) ? [id] : [];
  });
  return {
    ...{ id: app.id, before, send, copy },
    isSame: before?.run === app.id && missing.length === 0,
    remove: versions.filter((id) => !kept.has(id)).map((id) => `${root}/apps/${id}`),
  };
}

/** Puts the files of a plan in place, without having them run. `send` leaves out those that were published. */
async function placeFiles(
  files: BoardFiles,
  plan: Pick<DeployPlan, 'send' | 'copy' | 'remove'>,
  { signal, onProgress }: DeployOptions = {},
): Promise<void> {
  for (const { from, to } of plan.copy) {
    await files.mkdir(to.slice(0, to.lastIndexOf('/')), { parents: true, ...optional(signal) });
    await files.copy(from, to, { overwrite: true, ...optional(signal) });
  }
  for (const path of plan.remove) {
    await files.remove(path, { recursive: true, ...optional(signal) });
  }
  await files.writeMany(plan.send, { ...optional(signal), ...(onProgress ? { onProgress } : {}) });
}

/**
 * Has the board run the version from its next start on, and go back to what runs now if it does not stay up. The files
 * must be in place. A board without the agent gets lines in main.py that start the app.
 */
async function switchTo(
  files: BoardFiles,
  app: AppPackage,
  before: BoardApp | undefined,
  signal?: AbortSignal,
): Promise<void> {
  await startFromMain(files, signal);
  // Of a version that was never confirmed the board does not know whether it stays up.
  const old = before?.onTrial ? before.old : before?.run;
  await writeNote(
    files,
    { run: app.id, ...(old && old !== app.id ? { old } : {}), trial: app.manifest.trial },
    signal,
  );
}

/** Plans, places and switches on one board; the caller restarts it when something has changed. */
export async function deployApp(
  files: BoardFiles,
  app: AppPackage,
  supervisor: Supervisor,
  options: DeployOptions = {},
): Promise<Deployed> {
  const plan = await planDeployment(files, app, supervisor, options.signal);
  const result = { id: app.id, sent: plan.send.length, copied: plan.copy.length };
  if (plan.isSame) return { ...result, changed: false };
  const send: (typeof plan.send)[number][] = [];
  for (const file of plan.send) if (!(await options.publish?.(file))) send.push(file);
  await placeFiles(files, { ...plan, send }, options);
  await switchTo(files, app, plan.before, options.signal);
  return { ...result, changed: true };
}

/** Takes the app and its supervisor off the board, which has to restart afterwards. @throws UsageError without an app */
export async function removeApp(files: BoardFiles, signal?: AbortSignal): Promise<string> {
  const app = await readBoardApp(files, signal);
  if (!app) {
    throw new UsageError(l10n.t('No app is on the board'), {
      hint: l10n.t('mpyfleet app list shows the boards that have one.'),
    });
  }
  const root = await appsFolder(files, signal);
  const home = root.slice(0, root.lastIndexOf('/'));
  const hasPlan = (await textAt(files, `${root}/plan.json`, signal)) !== undefined;
  const main = hasPlan ? undefined : await textAt(files, home + MAIN_FILE, signal);
  const without = main === undefined ? undefined : withAppLines(main, false);
  if (without !== undefined && without !== main) {
    await files.write(home + MAIN_FILE, utf8(without), { asGiven: true, ...optional(signal) });
  }
  if (hasPlan) {
    // The supervisor stays for the board's schedules, and runs no app.
    await writeNote(files, { trial: 0 }, signal);
    await removeIfThere(files, `${root}/apps`, signal, { recursive: true });
  } else {
    // The pointer first: a removal that is cut leaves a board that runs nothing of it.
    await files.remove(`${root}/run.json`, optional(signal));
    await files.remove(root, { recursive: true, ...optional(signal) });
  }
  return app.run ?? app.bad?.version ?? '';
}

async function textAt(
  files: BoardFiles,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const content = await orIfMissing(files.read(path, optional(signal)), undefined);
  return content && text(content);
}

async function walk(
  files: BoardFiles,
  root: string,
  signal: AbortSignal | undefined,
): Promise<WalkEntry[]> {
  return files.walk(root, { hash: true, ...optional(signal) });
}

function optional(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}
