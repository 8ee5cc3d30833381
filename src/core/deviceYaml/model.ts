/** A mistake or a doubt in a configuration file, at its place. Lines and columns count from 1. */
export interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  readonly message: string;
  readonly severity: 'error' | 'warning' | 'information';
}

/** A place in a file, to hang a diagnostic on. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly col: number;
}

/**
 * iot-kernel has had two meanings for the same file. `seed` (2021): libraries are searched, `/lib` and no unpacking are
 * the defaults. `head`: a path leads to the resource, `/` and unpacking of plain folders are the defaults.
 */
export type Dialect = 'seed' | 'head';

/** A text of the file and where it stands. */
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
  /** seed: libraries of this resource alone; head: folder that it is in. */
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
  /** Our own addition, which iot-kernel passes over: globs that a mirror never deletes. */
  readonly protect: readonly string[];
}

/** Whether two unique ids mean the same board, in whatever case and with or without colons. */
export function sameUid(a: string, b: string): boolean {
  return bareUid(a) === bareUid(b) && bareUid(a) !== '';
}

/** Lower-case hex digits alone. */
export function bareUid(uid: string): string {
  return uid.toLowerCase().replace(/[:\-\s]/g, '');
}
