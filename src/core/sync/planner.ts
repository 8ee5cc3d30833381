import * as l10n from '@vscode/l10n';
import { fileProblem, isTemporaryName, nameCollisions, startFilesLast } from '../files';
import { baseName, below, byPath, parentsOf } from './boardPath';
import type {
  LocalFile,
  LocalTree,
  RemoteEntry,
  RemoteTree,
  SyncAction,
  SyncMode,
  SyncPlan,
  SyncProblem,
  SyncRules,
} from './model';

/** Plans a sync. The function is pure, so the plan can be shown before anything changes. */
export function plan(
  local: LocalTree,
  remote: RemoteTree,
  mode: SyncMode,
  rules: SyncRules,
): SyncPlan {
  const both = new Both(local, remote, rules);
  const step = mode === 'pull' ? pull(both) : push(both, mode === 'mirror');
  return {
    mode,
    actions: step.actions,
    unchanged: both.unchanged + (mode === 'pull' ? both.misnamed.length : 0),
    kept: step.kept,
    problems: [...local.problems, ...both.problems, ...step.problems],
    boardDirs: remote.filter((e) => e.type === 'dir').map((e) => e.path),
  };
}

interface Step {
  readonly actions: SyncAction[];
  readonly kept: string[];
  readonly problems: SyncProblem[];
}

/** Both sides, compared. Files of the computer are identified by their path on the board. */
class Both {
  readonly local = new Map<string, LocalFile>();
  readonly remote = new Map<string, RemoteEntry>();
  /** Every path on the board, including hidden ones. */
  readonly all: readonly string[];
  readonly problems: SyncProblem[] = [];
  unchanged = 0;
  /** Files with the same content under a name of another case. */
  readonly misnamed: { local: LocalFile; remote: RemoteEntry }[] = [];
  readonly differ: { local: LocalFile; remote: RemoteEntry }[] = [];
  readonly onlyLocal: LocalFile[] = [];

  constructor(
    readonly tree: LocalTree,
    remote: RemoteTree,
    readonly rules: SyncRules,
  ) {
    this.all = remote.map((entry) => entry.path);
    for (const entry of remote) {
      // Left by an interrupted upload; the next upload deletes it. It is not the user's file.
      if (isTemporaryName(baseName(entry.path))) continue;
      if (!rules.isHidden(entry.path, entry.type === 'dir')) this.remote.set(entry.path, entry);
    }
    for (const file of tree.files) this.local.set(file.board, file);
    for (const file of [...tree.files].sort((a, b) => (a.board < b.board ? -1 : 1))) {
      this.#compare(file);
    }
  }

  #compare(local: LocalFile): void {
    const there = this.remote.get(local.board);
    const blocking = parentsOf(local.board).find((p) => this.remote.get(p)?.type === 'file');
    if (there?.type === 'dir' || blocking !== undefined) {
      const message = blocking
        ? l10n.t('{0} is a file on the board and a folder here; remove one of them', blocking)
        : l10n.t('{0} is a folder on the board and a file here; remove one of them', local.board);
      this.problems.push({ severity: 'error', path: local.board, message });
    } else if (there?.size === local.size && there.sha256 === local.sha256) {
      if (isMisnamed(there) && local.policy === undefined) {
        this.misnamed.push({ local, remote: there });
      } else this.unchanged++;
    } else if (local.policy === 'checkOnly' || (there && local.policy === 'noUpdate')) {
      const state = there ? 'differs' : 'is missing';
      const message = `${local.board} ${state} on the board, and is not to be written`;
      this.problems.push({ severity: 'warning', path: local.board, message });
    } else if (!there) {
      this.onlyLocal.push(local);
    } else {
      this.differ.push({ local, remote: there });
    }
  }
}

function isMisnamed(entry: RemoteEntry): boolean {
  return entry.was !== undefined && baseName(entry.was) !== baseName(entry.path);
}

function push(both: Both, mirror: boolean): Step {
  const writes: SyncAction[] = [
    ...both.onlyLocal.map((file) => write('add', file)),
    ...both.differ.map(({ local, remote }) => write('update', local, remote)),
    ...renames(both),
  ];
  writes.sort((a, b) => startFilesLast(a, b) || byPath(a, b));
  const { deletions, kept } = mirror ? excess(both) : { deletions: [], kept: [] };
  return { actions: [...writes, ...deletions], kept, problems: [] };
}

function write(kind: 'add' | 'update', file: LocalFile, old?: RemoteEntry): SyncAction {
  const { board: path, local, size, sha256, content } = file;
  const was = old?.was === undefined ? {} : { was: old.was };
  const oldSize = old?.size;
  return { kind, side: 'board', type: 'file', path, local, size, sha256, content, oldSize, ...was };
}

function renames(both: Both): SyncAction[] {
  const step = { kind: 'rename', side: 'board', size: 0 } as const;
  const files = both.misnamed.map(({ local, remote: { path, was } }): SyncAction => {
    return { ...step, type: 'file', path, local: local.local, was };
  });
  const dirs = [...both.remote.values()].filter((e) => e.type === 'dir' && isMisnamed(e));
  return [
    ...files,
    ...dirs.map(({ path, was }): SyncAction => ({ ...step, type: 'dir', path, was })),
  ];
}

/** Finds what only the board has: files, then folders that become empty. */
function excess(both: Both): { deletions: SyncAction[]; kept: string[] } {
  const { rules } = both;
  const wanted = new Set([...both.tree.dirs, ...rules.roots]);
  for (const path of both.local.keys()) for (const parent of parentsOf(path)) wanted.add(parent);
  for (const dir of [...wanted]) for (const parent of parentsOf(dir)) wanted.add(parent);
  const kept: string[] = [];
  const keep = (path: string) => {
    // A protected folder is reported once, without its content.
    if (!parentsOf(path).some((parent) => kept.includes(parent))) kept.push(path);
  };
  const files: SyncAction[] = [];
  const dirs: RemoteEntry[] = [];
  for (const entry of [...both.remote.values()].sort(byPath)) {
    const isDir = entry.type === 'dir';
    const covered = rules.roots.some((root) => below(root, entry.path) !== undefined);
    if (!covered || both.local.has(entry.path) || wanted.has(entry.path)) continue;
    if (rules.isProtected(entry.path, isDir)) keep(entry.path);
    else if (isDir) dirs.push(entry);
    else files.push(remove(entry, rules));
  }
  return { deletions: [...files, ...emptied(both, dirs, files)], kept };
}

function remove(entry: RemoteEntry, rules: SyncRules): SyncAction {
  const { path, type, size } = entry;
  const local = rules.localPathOf(path);
  return { kind: 'delete', side: 'board', type, path, local, size: 0, oldSize: size };
}

/** Returns the folders whose whole content is deleted, the deepest first. A folder with hidden content stays. */
function emptied(
  both: Both,
  dirs: readonly RemoteEntry[],
  files: readonly SyncAction[],
): SyncAction[] {
  const going = new Set([...files, ...dirs].map((e) => e.path));
  const stays = new Set<string>();
  for (const path of both.all) if (!going.has(path)) for (const p of parentsOf(path)) stays.add(p);
  return dirs
    .filter((dir) => !stays.has(dir.path))
    .sort((a, b) => byPath(b, a))
    .map((dir) => remove(dir, both.rules));
}

function pull(both: Both): Step {
  const { rules } = both;
  const problems: SyncProblem[] = [];
  const places: { entry: RemoteEntry; local: string; oldSize?: number }[] = [];
  for (const { local, remote } of both.differ) {
    places.push({ entry: remote, local: local.local, oldSize: local.size });
  }
  for (const entry of both.remote.values()) {
    if (entry.type === 'dir' || both.local.has(entry.path)) continue;
    const local = rules.localPathOf(entry.path);
    if (local !== undefined) places.push({ entry, local });
  }
  places.sort((a, b) => byPath(a.entry, b.entry));
  const sources = new Map<string, string>();
  for (const { entry, local } of places) {
    const problem = fileProblem(entry.path, rules.host);
    if (problem) problems.push(problem);
    const other = sources.get(local);
    if (other !== undefined) {
      const message = `${entry.path} and ${other} both belong to ${local}; the latter is used`;
      problems.push({ severity: 'error', path: entry.path, message });
    } else sources.set(local, entry.path);
  }
  problems.push(...collisions(both, places));
  const bad = new Set(problems.filter((p) => p.severity === 'error').map((p) => p.path));
  const actions = places
    .filter(({ entry }) => !bad.has(entry.path))
    .map(({ entry: { path, size }, local, oldSize }): SyncAction => {
      const kind = oldSize === undefined ? 'add' : 'update';
      return { kind, side: 'local', type: 'file', path, local, size, oldSize };
    });
  return { actions, kept: [], problems };
}

/** Finds name collisions among the files to write and with existing files. */
function collisions(
  both: Both,
  places: readonly { entry: RemoteEntry; local: string }[],
): SyncProblem[] {
  const writing = new Set(places.map((p) => p.local));
  const here = both.tree.files.filter((f) => !writing.has(f.local));
  const all = [
    ...here.map((f) => ({ path: f.board, local: f.local })),
    ...places.map(({ entry, local }) => ({ path: entry.path, local })),
  ];
  const unique = [...new Map(all.map((place) => [place.local, place])).values()];
  return nameCollisions(unique, both.rules.host);
}
