import * as fs from 'node:fs';
import { join } from 'node:path';

/** Types for the parts of Emscripten's file system used here; Emscripten provides none. */
export interface EmscriptenFs {
  createNode(parent: FsNode | null, name: string, mode: number, dev: number): FsNode;
  mount(type: unknown, options: object, at: string): void;
  mkdir(path: string): void;
  createDevice(
    parent: string,
    name: string,
    input?: () => number | null | undefined,
    output?: (byte: number) => void,
  ): FsNode;
  lookupPath(path: string): { node: FsNode };
  getDevice(rdev: number): { stream_ops: DeviceOps };
  ErrnoError: new (errno: number) => Error;
}
/** Operations of a device in Emscripten's file system. */
export interface DeviceOps {
  write?(stream: unknown, memory: Uint8Array, offset: number, length: number): number;
  poll?(): number;
}
/** A node of Emscripten's file system. */
export interface FsNode {
  rdev: number;
  name: string;
  mode: number;
  parent: FsNode;
  node_ops: object;
  stream_ops: object;
}
interface Stream {
  node: FsNode;
  flags: number | string;
  position: number;
  nfd?: number;
}

const DIR = 0o040777;
const FILE = 0o100666;
const IS_DIR = 0o040000;
/** Emscripten's errno values, which the board's side translates (demoBoot.py). */
const errno: Readonly<Record<string, number>> = {
  EACCES: 2,
  EBUSY: 10,
  EEXIST: 20,
  EINVAL: 28,
  EIO: 29,
  EISDIR: 31,
  EMFILE: 32,
  ENAMETOOLONG: 37,
  ENOENT: 44,
  ENOSPC: 51,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
  EPERM: 63,
  EROFS: 69,
  EXDEV: 75,
};
/**
 * POSIX errno for "no space left". The board's side does not translate errors of writes to an open
 * file.
 */
const POSIX_ENOSPC = 28;
const BLOCK = 4096;

/**
 * Presents a folder of this computer as an Emscripten file system, so that files survive the
 * worker. Names are encoded: none leads outside the folder, and every name works on every computer.
 */
export class HostFs {
  #used: number;

  constructor(
    private readonly fs: EmscriptenFs,
    private readonly folder: string,
    private readonly capacity: number,
  ) {
    this.#used = usedBlocks(folder);
  }

  /** Returns the block size, total blocks and free blocks, as in statvfs. */
  space(): [block: number, total: number, free: number] {
    const total = Math.floor(this.capacity / BLOCK);
    return [BLOCK, total, Math.max(0, total - this.#used)];
  }

  /** For `FS.mount`. */
  readonly type = {
    mount: () => this.#node(null, '/', DIR),
  };

  #node(parent: FsNode | null, name: string, mode: number): FsNode {
    const node = this.fs.createNode(parent, name, mode, 0);
    node.node_ops = this.#nodeOps;
    node.stream_ops = this.#streamOps;
    return node;
  }

  #path(node: FsNode): string {
    const parts: string[] = [];
    for (let at = node; at.parent !== at; at = at.parent) parts.unshift(encodeName(at.name));
    return join(this.folder, ...parts);
  }

  #child(parent: FsNode, name: string): string {
    return join(this.#path(parent), encodeName(name));
  }

  /** Runs `work` and converts errors of the computer's file system to Emscripten's. */
  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (code === '') throw error;
      throw new this.fs.ErrnoError(errno[code] ?? errno.EIO ?? 29);
    }
  }

  readonly #nodeOps = {
    getattr: (node: FsNode) => this.#try(() => attributes(fs.statSync(this.#path(node)))),
    setattr: (node: FsNode, attr: { size?: number; mode?: number }) =>
      this.#try(() => {
        if (attr.size !== undefined) this.#resize(this.#path(node), attr.size);
        if (attr.mode !== undefined) node.mode = attr.mode;
      }),
    lookup: (parent: FsNode, name: string) =>
      this.#try(() => {
        const stat = fs.statSync(this.#child(parent, name));
        return this.#node(parent, name, stat.isDirectory() ? DIR : FILE);
      }),
    mknod: (parent: FsNode, name: string, mode: number) =>
      this.#try(() => {
        this.#reserve(1, errno.ENOSPC ?? 51);
        const path = this.#child(parent, name);
        if ((mode & 0o170000) === IS_DIR) fs.mkdirSync(path);
        else fs.writeFileSync(path, '', { flag: 'wx' });
        this.#used++;
        return this.#node(parent, name, mode);
      }),
    rename: (node: FsNode, newParent: FsNode, newName: string) =>
      this.#try(() => {
        const to = this.#child(newParent, newName);
        const freed = fs.existsSync(to) ? blocksOf(fs.statSync(to)) : 0;
        fs.renameSync(this.#path(node), to);
        this.#used -= freed;
        node.name = newName;
        node.parent = newParent;
      }),
    unlink: (parent: FsNode, name: string) =>
      this.#try(() => {
        const path = this.#child(parent, name);
        const freed = blocksOf(fs.statSync(path));
        fs.unlinkSync(path);
        this.#used -= freed;
      }),
    rmdir: (parent: FsNode, name: string) =>
      this.#try(() => {
        fs.rmdirSync(this.#child(parent, name));
        this.#used--;
      }),
    readdir: (node: FsNode) =>
      this.#try(() => ['.', '..', ...fs.readdirSync(this.#path(node)).map(decodeName)]),
  };

  readonly #streamOps = {
    open: (stream: Stream) =>
      this.#try(() => {
        if ((stream.node.mode & 0o170000) === IS_DIR) return;
        stream.nfd = fs.openSync(this.#path(stream.node), 'r+');
      }),
    close: (stream: Stream) =>
      this.#try(() => {
        if (stream.nfd !== undefined) fs.closeSync(stream.nfd);
      }),
    read: (stream: Stream, buffer: Uint8Array, offset: number, length: number, position: number) =>
      length === 0
        ? 0
        : this.#try(() => fs.readSync(stream.nfd ?? -1, buffer, offset, length, position)),
    write: (stream: Stream, buffer: Uint8Array, offset: number, length: number, position: number) =>
      this.#try(() => {
        const fd = stream.nfd ?? -1;
        const size = fs.fstatSync(fd).size;
        const grown = blocks(Math.max(size, position + length)) - blocks(size);
        this.#reserve(grown, POSIX_ENOSPC);
        const count = fs.writeSync(fd, buffer, offset, length, position);
        this.#used += grown;
        return count;
      }),
    llseek: (stream: Stream, offset: number, whence: number) =>
      this.#try(() => {
        let position = offset;
        if (whence === 1) position += stream.position;
        if (whence === 2) position += fs.fstatSync(stream.nfd ?? -1).size;
        if (position < 0) throw new this.fs.ErrnoError(errno.EINVAL ?? 28);
        return position;
      }),
  };

  #resize(path: string, size: number): void {
    const grown = blocks(size) - blocks(fs.statSync(path).size);
    if (grown > 0) this.#reserve(grown, errno.ENOSPC ?? 51);
    fs.truncateSync(path, size);
    this.#used += grown;
  }

  #reserve(count: number, code: number): void {
    if (count > this.space()[2]) throw new this.fs.ErrnoError(code);
  }
}

/**
 * Converts a board's file name to one for this computer: characters that are not allowed everywhere
 * become `%XX` per UTF-8 byte.
 */
export function encodeName(name: string): string {
  const encoded = Array.from(Buffer.from(name), (byte) => {
    const char = String.fromCharCode(byte);
    return /[a-z0-9_\-.~ ]/.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`;
  }).join('');
  // Trailing dots and spaces, and Windows' device names, have a special meaning there.
  return encoded
    .replace(/^\.+$|^ |[. ]$/g, (s) =>
      Array.from(s, (c) => `%${c.charCodeAt(0).toString(16)}`).join(''),
    )
    .replace(
      /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/,
      (s) => `%${s.charCodeAt(0).toString(16)}${s.slice(1)}`,
    );
}

/** Decodes a name that {@link encodeName} has encoded. */
export function decodeName(encoded: string): string {
  const bytes = encoded.replace(/%([0-9a-f]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}

function attributes(stat: fs.Stats): object {
  const folder = stat.isDirectory();
  return {
    dev: 1,
    ino: stat.ino,
    mode: folder ? DIR : FILE,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev: 0,
    size: folder ? 0 : stat.size,
    atime: stat.atime,
    mtime: stat.mtime,
    ctime: stat.ctime,
    blksize: BLOCK,
    blocks: blocksOf(stat),
  };
}

/**
 * Counts the blocks of an entry: a file uses blocks for its content and one for its entry; a folder
 * uses one.
 */
function blocksOf(stat: fs.Stats): number {
  return 1 + (stat.isDirectory() ? 0 : blocks(stat.size));
}

function blocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK);
}

function usedBlocks(folder: string): number {
  const entries = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return entries.reduce((sum, path) => sum + blocksOf(fs.statSync(join(folder, path))), 0);
}
