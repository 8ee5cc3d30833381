/** An error or a warning in a configuration file, with its position. Lines and columns count from 1. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  readonly message: string;
  readonly severity: 'error' | 'warning' | 'information';
}

/** A position in a file for a diagnostic. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly col: number;
}

/**
 * iot-kernel has given the same file two meanings. `seed` (2021): libraries are searched; the defaults are `/lib` and no
 * unpacking. `head`: a path leads to the resource; the defaults are `/` and unpacking of plain folders.
 */
export type Dialect = 'seed' | 'head';

/** A text and its position in the file. */
export interface At<T> {
  readonly value: T;
  readonly place: Place;
}

/** One item of `resources`: a file or a folder of the computer that belongs on the board. */
export interface Resource {
  readonly name: string;
  readonly place: Place;
  readonly installDir?: At<string>;
  readonly unpack?: boolean;
  /** seed: libraries of this resource only; head: the folder that contains it. */
  readonly search?: At<readonly string[]>;
  readonly include?: At<readonly string[]>;
  readonly exclude?: At<readonly string[]>;
}

/** One board's configuration. */
export interface Device {
  readonly name: string;
  /** As written; see {@link sameUid}. */
  readonly uid: string;
  readonly place: Place;
  readonly dialect: Dialect;
  readonly installDir?: At<string>;
  readonly search?: At<readonly string[]>;
  readonly include?: At<readonly string[]>;
  readonly exclude?: At<readonly string[]>;
  readonly resources: readonly Resource[];
  /** Our extension, which iot-kernel ignores: globs that a mirror never deletes. */
  readonly protect: readonly string[];
  /** Our extension: pin of the LED that identifies the board, a number or one of the firmware's names. */
  readonly led?: string;
  /** Words that the board can be selected by, in addition to its own tags. */
  readonly tags: readonly string[];
}

/** Returns whether two unique ids mean the same board, ignoring case and colons. */
export function sameUid(a: string, b: string): boolean {
  return bareUid(a) === bareUid(b) && bareUid(a) !== '';
}

/** Returns only the lower-case hex digits. */
export function bareUid(uid: string): string {
  return uid.toLowerCase().replace(/[:\-\s]/g, '');
}
