import * as l10n from '@vscode/l10n';
import { ProtocolError, UsageError } from '../errors';
import { sha256 } from '../hash';
import type { FetchedPackage } from './fetchPackages';
import type { TargetBoard } from './model';
import { withoutLogin } from './plainUrl';
import { specText, withVersion } from './spec';
import { safeRelativePath } from './targetPath';

/** `mpy.lock` in the workspace: a board gets exactly these files, at any time and on any computer. */
export interface LockFile {
  readonly lockVersion: 1;
  readonly index: string;
  /** Folder on the board; `/lib` by default. */
  readonly target: string;
  readonly packages: readonly LockedPackage[];
}

/** One package of mpy.lock. */
export interface LockedPackage {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** The spec with its version, as {@link parseSpec} reads it. */
  readonly source: string;
  readonly wanted: boolean;
  readonly needs: readonly string[];
  /** For each flavour (`py`, or a .mpy version such as `6`): SHA-256 by path below `target`. */
  readonly files: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Returns which set of files a board gets: `py`, or its .mpy version as text. */
export function flavourOf(board: TargetBoard): string {
  return board.mpy ? String(board.mpy.version) : 'py';
}

/** Returns the text of the lock file, sorted and indented so that a change gives a small diff. */
export function writeLock(
  flavours: Readonly<Record<string, readonly FetchedPackage[]>>,
  wanted: ReadonlySet<string>,
  index: string,
  target: string,
): string {
  const packages = new Map<string, LockedPackage>();
  for (const [flavour, fetched] of Object.entries(flavours)) {
    for (const p of fetched) {
      const files = Object.fromEntries(
        p.files
          .map((f) => [f.path, sha256(f.content)] as const)
          .sort(([a], [b]) => a.localeCompare(b)),
      );
      packages.set(p.id, {
        id: p.id,
        name: p.name,
        version: p.version,
        source: specText(withVersion(p.spec, p.version)),
        wanted: wanted.has(p.id),
        needs: [...p.needs].sort(),
        files: { ...packages.get(p.id)?.files, [flavour]: files },
      });
    }
  }
  const sorted = [...packages.values()].sort((a, b) => a.id.localeCompare(b.id));
  // The file goes into the repository; a password of the index does not.
  const lock: LockFile = { lockVersion: 1, index: withoutLogin(index), target, packages: sorted };
  return `${JSON.stringify(lock, null, 2)}\n`;
}

/**
 * Checks that the downloaded files match the lock byte for byte.
 * @throws ProtocolError naming the first file that differs
 */
export function checkAgainstLock(
  lock: LockFile,
  packages: readonly FetchedPackage[],
  flavour: string,
): void {
  const locked = new Map(lock.packages.map((p) => [p.id, p]));
  for (const p of packages) {
    const known = locked.get(p.id)?.files ?? {};
    const files = Object.hasOwn(known, flavour) ? known[flavour] : undefined;
    if (!files) {
      throw new UsageError(
        l10n.t('mpy.lock has no entry for {0} on this kind of board ({1})', p.name, flavour),
        {
          hint: l10n.t('Lock again with a board of this kind connected.'),
        },
      );
    }
    const real = new Map(p.files.map((f) => [f.path, sha256(f.content)]));
    for (const path of new Set([...real.keys(), ...Object.keys(files)])) {
      if (Object.hasOwn(files, path) && files[path] === real.get(path)) continue;
      throw new ProtocolError(l10n.t('{0}: {1} does not match mpy.lock', p.name, path), {
        hint: l10n.t(
          'The package or mpy.lock has changed since. Check the change, then lock again.',
        ),
      });
    }
  }
}

/** Reads a lock file. @throws UsageError that names the problem */
export function readLock(text: string): LockFile {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new UsageError(l10n.t('mpy.lock is not valid JSON'), {
      cause,
      hint: l10n.t('Resolve its merge conflict, or delete it and lock again.'),
    });
  }
  const lock = json as Partial<LockFile> | null;
  if (lock?.lockVersion !== 1 || !Array.isArray(lock.packages)) {
    throw new UsageError(l10n.t('mpy.lock has a format that this version does not know'), {
      hint: l10n.t('Update MicroPython Fleet, or delete the file and lock again.'),
    });
  }
  const packages = lock.packages.map((p: unknown) => lockedPackage(p));
  return {
    lockVersion: 1,
    index: lockedIndex(lock.index),
    target: boardFolder(lock.target),
    packages,
  };
}

/**
 * Returns the index of the packages, or undefined if it is `own`. Then use `own`, because it may
 * contain a password, which the lock file does not.
 */
export function lockedIndexOf({ index }: LockFile, own: string): string | undefined {
  return index === '' || index === withoutLogin(own) ? undefined : index;
}

/** Checks the index address of a lock file, which is untrusted. '' stands for the index in the settings. */
function lockedIndex(value: unknown): string {
  if (value === undefined || value === '') return '';
  if (typeof value === 'string' && /^https?:\/\/[^\s]+$/.test(value)) return value;
  throw new UsageError(l10n.t('mpy.lock names an index that is not an http address'), {
    hint: l10n.t('Lock again with the index that you use.'),
  });
}

/** Checks an absolute folder on the board. */
function boardFolder(value: unknown): string {
  if (value === undefined) return '/lib';
  const inside = typeof value === 'string' ? value.replace(/^\/+|\/+$/g, '') : value;
  return inside === '' ? '/' : `/${safeRelativePath(inside, 'mpy.lock')}`;
}

function lockedPackage(value: unknown): LockedPackage {
  const p = (value ?? {}) as Record<string, unknown>;
  const field = (name: string) => {
    const v = p[name];
    if (typeof v === 'string') return v;
    throw new UsageError(l10n.t('mpy.lock has a package without "{0}"', name));
  };
  const list = (name: string): unknown[] => (Array.isArray(p[name]) ? (p[name] as unknown[]) : []);
  return {
    id: field('id'),
    name: field('name'),
    version: field('version'),
    source: field('source'),
    wanted: p.wanted !== false,
    needs: list('needs').filter((n): n is string => typeof n === 'string'),
    files: lockedFiles(p.files, field('name')),
  };
}

function lockedFiles(value: unknown, name: string): LockedPackage['files'] {
  const flavours = Object.entries((value ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    flavours.map(([flavour, files]) => [
      flavour,
      Object.fromEntries(
        Object.entries((files ?? {}) as Record<string, unknown>).map(([path, hash]) => {
          if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) {
            throw new UsageError(l10n.t('mpy.lock has a file of {0} without its SHA-256', name));
          }
          return [safeRelativePath(path, 'mpy.lock'), hash];
        }),
      ),
    ]),
  );
}
