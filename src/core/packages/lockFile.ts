import { UsageError } from '../errors';
import type { InstalledPackage } from './install';
import { safeRelativePath } from './targetPath';

/** `mpy.lock` in the workspace: exactly what a board gets, whoever installs it and whenever. */
export interface LockFile {
  readonly lockVersion: 1;
  readonly index: string;
  /** Folder on the board, `/lib`. */
  readonly target: string;
  readonly packages: readonly LockedPackage[];
}

export interface LockedPackage {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly wanted: boolean;
  readonly needs: readonly string[];
  /** Path below `target` and SHA-256, in the order of their names. */
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
}

/** The text of the lock file: sorted and indented, so that a change shows as a small diff. */
export function writeLock(
  packages: readonly InstalledPackage[],
  index: string,
  target: string,
): string {
  const prefix = `${target}/`;
  const lock: LockFile = {
    lockVersion: 1,
    index,
    target,
    packages: [...packages]
      .sort((a, b) => a.id.localeCompare(b.id))
      .map(({ id, name, version, source, wanted, needs, files }) => ({
        id,
        name,
        version,
        source,
        wanted,
        needs: [...needs].sort(),
        files: files
          .filter((f) => f.path.startsWith(prefix))
          .map((f) => ({ path: f.path.slice(prefix.length), sha256: f.sha256 }))
          .sort((a, b) => a.path.localeCompare(b.path)),
      })),
  };
  return `${JSON.stringify(lock, null, 2)}\n`;
}

/** Reads a lock file. @throws UsageError naming what is wrong */
export function readLock(text: string): LockFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UsageError('mpy.lock is no JSON', {
      cause,
      hint: 'Solve its merge conflict, or delete it and lock again.',
    });
  }
  const lock = json as Partial<LockFile> | null;
  if (lock?.lockVersion !== 1 || !Array.isArray(lock.packages)) {
    throw new UsageError('mpy.lock has a form that this version does not know', {
      hint: 'Update MicroPython Fleet, or delete the file and lock again.',
    });
  }
  const packages = lock.packages.map((p: unknown) => lockedPackage(p));
  return {
    lockVersion: 1,
    index: typeof lock.index === 'string' ? lock.index : '',
    target: typeof lock.target === 'string' ? lock.target : '/lib',
    packages,
  };
}

function lockedPackage(value: unknown): LockedPackage {
  const p = (value ?? {}) as Record<string, unknown>;
  const field = (name: string) => {
    const v = p[name];
    if (typeof v === 'string') return v;
    throw new UsageError(`mpy.lock has a package without "${name}"`);
  };
  const list = (name: string): unknown[] => (Array.isArray(p[name]) ? (p[name] as unknown[]) : []);
  return {
    id: field('id'),
    name: field('name'),
    version: field('version'),
    source: field('source'),
    wanted: p.wanted !== false,
    needs: list('needs').filter((n): n is string => typeof n === 'string'),
    files: list('files').map((f) => {
      const { path, sha256 } = (f ?? {}) as { path?: unknown; sha256?: unknown };
      if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
        throw new UsageError(`mpy.lock has a file of ${field('name')} without its SHA-256`);
      }
      return { path: safeRelativePath(path, 'mpy.lock'), sha256 };
    }),
  };
}

/** One spec a line, `#` comments and blank lines aside; `-r`, options and conditions are refused by name. */
export function readRequirements(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    const spec = line.replace(/(^|\s)#.*$/, '').trim();
    if (spec === '') return [];
    if (spec.startsWith('-') || /[;<>!~]/.test(spec)) {
      throw new UsageError(`Line ${i + 1} ("${spec}") is more than a name and a version`, {
        hint: 'Write one package a line: NAME, NAME==VERSION, pypi:NAME, github:ORG/REPO.',
      });
    }
    return [spec];
  });
}
