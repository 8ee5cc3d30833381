import { FileError } from '../errors';

/** One entry of a folder on this computer. */
export interface LocalEntry {
  readonly name: string;
  /** `link`: a link to a folder, which is not followed. `other`: a socket, a device or a broken link. */
  readonly type: 'file' | 'dir' | 'link' | 'other';
}

/** The computer's files. Paths are absolute with `/` between parts on every system (`C:/x` on Windows). */
export interface LocalFs {
  /** Lists a folder; undefined if it does not exist. */
  list(folder: string): Promise<readonly LocalEntry[] | undefined>;
  /** Returns undefined if nothing exists, or if it is neither a file nor a folder: reading a pipe or a device may never end. */
  stat(path: string): Promise<{ readonly type: 'file' | 'dir'; readonly size: number } | undefined>;
  read(path: string): Promise<Uint8Array>;
  /** Creates missing parent folders. The write is atomic: on a failure the file is unchanged. */
  write(path: string, content: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  /** Returns the real path with links resolved, or `path` itself if it does not exist or links are not supported. */
  real(path: string): Promise<string>;
}

/** A file was not read or written because it is outside the folder that it was named in, or behind a link. */
export class OutsideError extends FileError {
  constructor(path: string, message: string, hint: string) {
    super('EACCES', path, message, { hint });
  }
}
