import type { PackageSpec } from './spec';

/** One file that a package puts on a board, below the target folder (`/lib`). */
export interface PackageFile {
  /** Relative, checked by safeRelativePath. */
  readonly path: string;
  /** Where it comes from; `hash` is a SHA-256 prefix in hex that the bytes must have. */
  readonly url: string;
  readonly hash?: string;
  /** Already here: unpacked from an archive. */
  readonly content?: Uint8Array;
}

/** A package with one version chosen, its files and what it needs. */
export interface ResolvedPackage {
  /** The key under which it is known: index and PyPI names in lower case, an address for the others. */
  readonly id: string;
  readonly name: string;
  /** As the index states it; `HEAD` or a branch for repositories. */
  readonly version: string;
  readonly spec: PackageSpec;
  readonly files: readonly PackageFile[];
  /** Ids of the packages it needs. */
  readonly needs: readonly string[];
}

/** What kind of files a board can take: `mpy` is the .mpy version of its firmware (6), absent: only source. */
export interface TargetBoard {
  readonly mpy?: { readonly version: number; readonly subVersion: number; readonly arch: string };
}
