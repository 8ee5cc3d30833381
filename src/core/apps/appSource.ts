import * as l10n from '@vscode/l10n';
import { throwIfAborted } from '../async';
import { text, utf8 } from '../bytes';
import { UsageError } from '../errors';
import { BUILT_IN_RULES, IGNORE_FILE, IgnoreRules, joinLocal, type LocalFs } from '../sync';
import { sha256 } from '../hash';
import { MANIFEST, parseManifest, type AppManifest } from './appManifest';

/** A file of an app: its path below the app's folder, `/` between the parts. */
export interface AppFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly sha256: string;
}

/** One state of an app, ready to be deployed. */
export interface AppPackage {
  readonly manifest: AppManifest;
  /**
   * `NAME/VERSION-HASH`: the path below /fleet/apps on boards. The same files give the same id on
   * every computer.
   */
  readonly id: string;
  /** All files, including the app.json for boards. */
  readonly files: readonly AppFile[];
}

const MAX_FILES = 200;
const MAX_BYTES = 4 << 20;
const MAX_DEPTH = 10;
/** Matches the classes and functions that the supervisor can start in a module. */
const STARTS = /^(?:class\s+(?:WorkerTask|ManagementTask)\b|(?:async\s+)?def\s+(?:main|start)\b)/m;

/** Reads the files of a working folder. @throws UsageError */
export async function appFromFolder(
  fs: LocalFs,
  folder: string,
  signal?: AbortSignal,
): Promise<AppPackage> {
  const read = (path: string) => fs.read(joinLocal(folder, path));
  if ((await fs.stat(joinLocal(folder, MANIFEST)))?.type !== 'file') throw noApp(folder);
  const ignored = await ownRules(fs, folder);
  const paths: string[] = [];
  const walk = async (dir: string, depth: number): Promise<void> => {
    throwIfAborted(signal);
    if (depth > MAX_DEPTH) return;
    for (const { name, type } of (await fs.list(joinLocal(folder, dir))) ?? []) {
      const path = dir === '' ? name : `${dir}/${name}`;
      if (ignored.ignores(path, type === 'dir')) continue;
      if (type === 'dir') await walk(path, depth + 1);
      else if (type === 'file') paths.push(path);
      if (paths.length > 10 * MAX_FILES) throw tooMuch();
    }
  };
  await walk('', 0);
  return pack(paths, read);
}

/**
 * Makes a package of the files at `paths`, which include app.json.
 * @param read returns the content of one file
 * @throws UsageError when app.json is invalid, or the app has nothing to start
 */
export async function pack(
  paths: readonly string[],
  read: (path: string) => Promise<Uint8Array>,
): Promise<AppPackage> {
  const manifest = parseManifest(await read(MANIFEST));
  const wanted = manifest.files && IgnoreRules.parse(manifest.files);
  const chosen = paths
    .filter((p) => p !== MANIFEST && (!wanted || wanted.ignores(p, false)))
    .sort();
  if (chosen.length > MAX_FILES) throw tooMuch();
  const files: AppFile[] = [];
  let bytes = 0;
  for (const path of chosen) {
    const content = await read(path);
    bytes += content.length;
    if (bytes > MAX_BYTES) throw tooMuch();
    files.push({ path, content, sha256: sha256(content) });
  }
  const modules = modulesOf(manifest, files);
  const onBoard = utf8(JSON.stringify(boardManifest(manifest, modules)));
  const hash = sha256(
    utf8([text(onBoard), ...files.map((f) => `${f.path}\0${f.sha256}`)].join('\n')),
  );
  files.push({ path: MANIFEST, content: onBoard, sha256: sha256(onBoard) });
  const id = `${manifest.name}/${manifest.version}-${hash.slice(0, 8)}`;
  return { manifest, id, files };
}

/** Returns the entries of app.json that the supervisor reads. */
function boardManifest(m: AppManifest, modules: readonly string[]) {
  const { version, worker, management, trial, keep, tasks, config, sleep, wake } = m;
  return {
    ...{ version, modules, worker, management, trial, keep, config },
    ...(tasks ? { tasks } : {}),
    ...(sleep > 0 ? { sleep, wake } : {}),
  };
}

/**
 * Returns the modules to import.
 * @throws UsageError when there are none, or they contain nothing to start
 */
function modulesOf(manifest: AppManifest, files: readonly AppFile[]): string[] {
  const has = (path: string) => files.some((f) => f.path === path);
  const pythings = ['worker_task.py', 'management_task.py'].filter(has);
  const entries = manifest.entry ? [manifest.entry] : pythings.length > 0 ? pythings : ['main.py'];
  const missing = entries.find((path) => !has(path));
  if (missing !== undefined) {
    throw new UsageError(l10n.t('The app {0} has no file {1}', manifest.name, missing), {
      hint: l10n.t('Create it, or name another file as "entry" in app.json.'),
    });
  }
  const sources = files.filter((f) => entries.includes(f.path)).map((f) => text(f.content));
  if (!manifest.tasks && !sources.some((source) => STARTS.test(source))) {
    throw new UsageError(l10n.t('{0} has nothing that can be started', entries.join(', ')), {
      hint: l10n.t(
        'An app has a class WorkerTask or ManagementTask, an async def main(), or start(mqtt, config).',
      ),
    });
  }
  return entries.map((path) => path.replace(/\.py$/, '').replaceAll('/', '.'));
}

async function ownRules(fs: LocalFs, folder: string): Promise<IgnoreRules> {
  const file = joinLocal(folder, IGNORE_FILE);
  if ((await fs.stat(file))?.type !== 'file') return BUILT_IN_RULES;
  return BUILT_IN_RULES.and(IgnoreRules.parse(text(await fs.read(file))));
}

function noApp(folder: string): UsageError {
  return new UsageError(l10n.t('{0} is not an app: it has no {1}', folder, MANIFEST), {
    hint: l10n.t('Create one with "New MicroPython App…" or mpyfleet app new NAME.'),
  });
}

function tooMuch(): UsageError {
  return new UsageError(
    l10n.t('An app may have {0} files and {1} MB', MAX_FILES, MAX_BYTES / (1 << 20)),
    { hint: l10n.t('List the files that belong to it under "files" in app.json.') },
  );
}
