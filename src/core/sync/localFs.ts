import { createHash } from 'node:crypto';

export interface LocalEntry {
  readonly name: string;
  /** `link`: a link to a folder, which is not followed; `other`: a socket, a device, a broken link. */
  readonly type: 'file' | 'dir' | 'link' | 'other';
}

/** The computer's files. Paths are absolute with `/` between parts on every system (`C:/x` on Windows). */
export interface LocalFs {
  /** What is in a folder; undefined when there is no such folder. */
  list(folder: string): Promise<readonly LocalEntry[] | undefined>;
  /** Undefined when there is nothing. */
  stat(path: string): Promise<{ readonly type: 'file' | 'dir'; readonly size: number } | undefined>;
  read(path: string): Promise<Uint8Array>;
  /** Makes missing parent folders; the file is whole or unchanged. */
  write(path: string, content: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
}

/** SHA-256 in lower-case hex. */
export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
