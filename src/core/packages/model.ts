import * as l10n from '@vscode/l10n';
import type { BoardInfo } from '../board';
import { ProtocolError } from '../errors';
import type { PackageSpec } from './spec';

/** One file that a package puts on a board, below the target folder (`/lib`). */
export interface PackageFile {
  /** Relative, checked by safeRelativePath. */
  readonly path: string;
  /** The URL of its content; `hash` is a SHA-256 prefix in hex that the bytes must have. */
  readonly url: string;
  readonly hash?: string;
  /** The content, if it was unpacked from an archive. */
  readonly content?: Uint8Array;
}

/** A package in a chosen version, with its files and dependencies. */
export interface ResolvedPackage {
  /** The unique key: the lower-case name for index and PyPI, the address for others. */
  readonly id: string;
  readonly name: string;
  /** The version in the index; `HEAD` or a branch for repositories. */
  readonly version: string;
  readonly spec: PackageSpec;
  readonly files: readonly PackageFile[];
  /** Ids of its dependencies. */
  readonly needs: readonly string[];
}

/** The kind of files a board can load: `mpy` is the .mpy version of its firmware (6); absent: source only. */
export interface TargetBoard {
  readonly mpy?: {
    readonly version: number;
    readonly subVersion: number;
    readonly arch: string;
    /** Bits of the processor's extensions beyond its architecture; absent: none. */
    readonly flags?: number;
  };
}

/** Returns the kind of files that a board loads, from its own description. CircuitPython's .mpy format is another one. */
export function loadableBy(info: Partial<Pick<BoardInfo, 'mpy' | 'implementation'>>): TargetBoard {
  return info.mpy && info.implementation !== 'circuitpython' ? { mpy: info.mpy } : {};
}

/** Limit of all packages together, in bytes; no board holds more. */
const MAX_TOTAL = 32 * 1024 * 1024;

/**
 * Checks the size of all packages together.
 * @throws ProtocolError when packages of `size` bytes are more than a board could hold
 */
export function refuseTooMuch(size: number): void {
  if (size <= MAX_TOTAL) return;
  throw new ProtocolError(
    l10n.t('The packages have over {0} bytes, more than a board could hold', MAX_TOTAL),
    { hint: l10n.t('Nothing was installed.') },
  );
}
