import { nodeLocalFs } from '../sync';
import { appFromFolder, type AppPackage } from './appSource';
import type { BoardApp } from './boardNote';
import { appFromGit } from './gitApp';
import { StateList } from './stateList';

/** Stands for the last commit of the branch that is checked out. */
export const LATEST = 'latest';

/** An app that boards should run. */
export interface Assignment {
  /** Selects the boards: `kitchen`, `tag:lab` or `@upstairs`. */
  readonly to: string;
  /** The app's folder on this computer. */
  readonly folder: string;
  /** A git tag or commit, {@link LATEST}, or '' for the files in the folder now. */
  readonly ref: string;
}

/** The assignments of this user. The last one that selects a board applies to it. */
export class AssignmentFile extends StateList<Assignment> {
  constructor(env: Readonly<Record<string, string | undefined>>) {
    super(env, 'apps.json', ({ to, folder, ref }) => {
      if ([to, folder, ref].some((word) => typeof word !== 'string')) {
        throw new Error('an entry has no "to", "folder" or "ref"');
      }
    });
  }

  /** Assigns an app. Replaces an earlier assignment with the same selector. */
  async assign(assignment: Assignment): Promise<void> {
    await this.change((all) => [...all.filter((a) => a.to !== assignment.to), assignment]);
  }

  /** Removes the assignment with this selector. @returns whether one existed */
  async unassign(to: string): Promise<boolean> {
    let found = false;
    await this.change((all) => {
      found = all.some((a) => a.to === to);
      return all.filter((a) => a.to !== to);
    });
    return found;
  }
}

/**
 * Returns the assignment that applies to a board.
 * @param selects tells whether a selector matches the board
 */
export function assignmentFor<T extends Assignment>(
  all: readonly T[],
  selects: (selector: string) => boolean,
): T | undefined {
  return [...all].reverse().find(({ to }) => selects(to));
}

/** Reads the packages of assignments, each folder and version only once. */
export class AssignedPackages {
  readonly #packages = new Map<string, Promise<AppPackage>>();

  /** Reads the app of an assignment. @throws UsageError when the app cannot be read */
  read({ folder, ref }: Assignment, signal?: AbortSignal): Promise<AppPackage> {
    const key = `${ref} ${folder}`;
    const known = this.#packages.get(key) ?? readApp(folder, ref, signal);
    this.#packages.set(key, known);
    return known;
  }
}

/** Reads an app from its folder or, with `ref`, from git. @throws UsageError */
export function readApp(folder: string, ref: string, signal?: AbortSignal): Promise<AppPackage> {
  if (ref === '') return appFromFolder(nodeLocalFs, folder, signal);
  return appFromGit(folder, ref === LATEST ? 'HEAD' : ref, signal);
}

/** Compares the app on a board with the assigned one. */
export type Drift =
  /** The board runs the assigned version. */
  | 'none'
  /** The board runs another version, or no app. */
  | 'differs'
  /** The board tried the assigned version and went back to the previous one. */
  | 'rejected';

/** Compares the app on a board with `desired`, a version in the form `NAME/VERSION-HASH`. */
export function driftOf(app: Pick<BoardApp, 'run' | 'bad'> | undefined, desired: string): Drift {
  if (app?.run === desired) return 'none';
  return app?.bad?.version === desired ? 'rejected' : 'differs';
}
