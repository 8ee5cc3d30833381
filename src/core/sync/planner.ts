import type { WalkEntry } from '../boardFiles';
import { isTemporaryName } from '../files/paths';
import { baseName, below, byPath, parentsOf } from './boardPath';
import { nameCollisions, nameProblem } from './hostNames';
import type {
  LocalFile,
  LocalTree,
  RemoteTree,
  SyncAction,
  SyncMode,
  SyncPlan,
  SyncProblem,
  SyncRules,
} from './model';

/** What a sync would do; pure, so it can be shown before anything is touched. */
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
    unchanged: both.unchanged,
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

/** The two sides laid against each other. Files of the computer are known by their place on the board. */
class Both {
  readonly local = new Map<string, LocalFile>();
  readonly remote = new Map<string, WalkEntry>();
  /** Every path on the board, what is hidden included. */
  readonly all: readonly string[];
  readonly problems: SyncProblem[] = [];
  unchanged = 0;
  readonly differ: { local: LocalFile; remote: WalkEntry }[] = [];
  readonly onlyLocal: LocalFile[] = [];

  constructor(
    readonly tree: LocalTree,
    remote: RemoteTree,
    readonly rules: SyncRules,
  ) {
    this.all = remote.map((entry) => entry.path);
    for (const entry of remote) {
      // What an upload that was cut off left behind is swept by the next upload, and is nobody's file.
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
        ? `${blocking} is a file on the board and a folder here; remove one of them`
        : `${local.board} is a folder on the board and a file here; remove one of them`;
      this.problems.push({ severity: 'error', path: local.board, message });
    } else if (there?.size === local.size && there.sha256 === local.sha256) {
      this.unchanged++;
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

function push(both: Both, mirror: boolean): Step {
  const writes: SyncAction[] = [
    ...both.onlyLocal.map((file) => write('add', file)),
    ...both.differ.map(({ local, remote }) => write('update', local, remote.size)),
  ].sort(byPath);
  const { deletions, kept } = mirror ? excess(both) : { deletions: [], kept: [] };
  return { actions: [...writes, ...deletions], kept, problems: [] };
}

function write(kind: 'add' | 'update', file: LocalFile, oldSize?: number): SyncAction {
  const { board: path, local, size, sha256, content } = file;
  return { kind, side: 'board', type: 'file', path, local, size, sha256, content, oldSize };
}

/** What the board has and the computer does not want there: files, then folders that become empty by that. */
function excess(both: Both): { deletions: SyncAction[]; kept: string[] } {
  const { rules } = both;
  const wanted = new Set([...both.tree.dirs, ...rules.roots]);
  for (const path of both.local.keys()) for (const parent of parentsOf(path)) wanted.add(parent);
  for (const dir of [...wanted]) for (const parent of parentsOf(dir)) wanted.add(parent);
  const kept: string[] = [];
  const keep = (path: string) => {
    // A protected folder is named once, not with everything in it.
    if (!parentsOf(path).some((parent) => kept.includes(parent))) kept.push(path);
  };
  const files: SyncAction[] = [];
  const dirs: WalkEntry[] = [];
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

function remove(entry: WalkEntry, rules: SyncRules): SyncAction {
  const { path, type, size } = entry;
  const local = rules.localPathOf(path);
  return { kind: 'delete', side: 'board', type, path, local, size: 0, oldSize: size };
}

/** Folders, the deepest first, all of whose content goes. Hidden content stays, and so does the folder. */
function emptied(
  both: Both,
  dirs: readonly WalkEntry[],
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
  const places: { entry: WalkEntry; local: string; oldSize?: number }[] = [];
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
    const problem = nameProblem(entry.path, rules.host);
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

/** Collisions among the files to write and with those that are here already. */
function collisions(
  both: Both,
  places: readonly { entry: WalkEntry; local: string }[],
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
