import * as l10n from '@vscode/l10n';
import type { BoardFiles, WalkEntry, WriteItem } from '../boardFiles';
import { text, utf8 } from '../bytes';
import { UsageError } from '../errors';
import { MAIN_FILE, orIfMissing, removeIfThere } from '../files';
import { sha256 } from '../hash';
import type { AppPackage } from './appSource';
import { appsFolder, readBoardApp, writeNote, type BoardApp } from './boardNote';
import { withAppLines } from './startBlock';
import { startFromMain } from './startFromMain';

/** The files of the supervisor by name, as the product contains them. */
export type Supervisor = ReadonlyMap<string, Uint8Array>;

/** Controls a deployment: cancellation, progress, and publishing to several boards. */
export interface DeployOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number, path: string) => void;
  /**
   * Sends a file to this board and others at once. False: the file must be written to this board
   * alone.
   */
  readonly publish?: (file: WriteItem & { readonly content: Uint8Array }) => Promise<boolean>;
}

/** The steps of a deployment on one board. Nothing has changed yet. */
interface DeployPlan {
  readonly id: string;
  readonly before: BoardApp | undefined;
  /** The version already runs there, and all its files are intact. */
  readonly isSame: boolean;
  /** Files that are missing on the board. */
  readonly send: readonly (WriteItem & { readonly content: Uint8Array })[];
  /** Files that the board already has at another path. */
  readonly copy: readonly { readonly from: string; readonly to: string }[];
  /** Versions that neither run nor serve as fallback. */
  readonly remove: readonly string[];
}

/** The result of a deployment on one board. `sent` and `copied` are numbers of files. */
export interface Deployed {
  readonly id: string;
  readonly sent: number;
  readonly copied: number;
  /** False: the version already ran there. */
  readonly changed: boolean;
}

/** Finds out which parts of `app` a board lacks, in two round trips. */
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

/**
 * Puts the files of a plan in place without running them. `send` skips those that were published.
 */
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
 * Makes the board run the version from its next start on, and return to the present one if the new
 * one keeps failing. The files must be in place. A board without the agent gets lines in main.py
 * that start the app.
 */
async function switchTo(
  files: BoardFiles,
  app: AppPackage,
  before: BoardApp | undefined,
  signal?: AbortSignal,
): Promise<void> {
  await startFromMain(files, signal);
  // It is unknown whether a version that was never confirmed keeps running, so it is no fallback.
  const old = before?.onTrial ? before.old : before?.run;
  await writeNote(
    files,
    { run: app.id, ...(old && old !== app.id ? { old } : {}), trial: app.manifest.trial },
    signal,
  );
}

/**
 * Plans, places and activates an app on one board. The caller restarts the board if something
 * changed.
 */
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

/**
 * Removes the app and its supervisor from a board, which must restart afterwards.
 * @throws UsageError if there is no app
 */
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
    // run.json goes first: if the removal is cut short, the board runs no part of the app.
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
