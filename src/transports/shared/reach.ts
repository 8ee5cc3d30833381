import type { BoardFiles } from '../../core/boardFiles';
import type { HostSession } from './hostSessions';
import { Refusal } from './refusal';

const MAX_PATH_BYTES = 255;
/** Names that every file system stores unchanged. */
const PLAIN = /^[a-z0-9._-]*[a-z0-9_-]$/i;
/** What admins may see in an agent's folder. Everything else in it may contain secrets. */
const SHOWN = ['a', 'b', '__init__.py', 'boot.json', 'crash.txt', 'ota.json', 'ca.pem'];

/**
 * Returns how secret a file is. 2: it may contain keys or passwords, which no one reads through a
 * broker; 1: for admins; 0: not secret.
 */
type Secrecy = 0 | 1 | 2;

/** Checks a path of a request (docs/protocol.md section 7). @throws Refusal */
export function checkPath(path: unknown): string {
  if (
    typeof path !== 'string' ||
    !path.startsWith('/') ||
    Buffer.byteLength(path) > MAX_PATH_BYTES ||
    path.includes('\0')
  ) {
    throw new Refusal('EINVAL', 'a path must begin with / and have at most 255 bytes');
  }
  const parts = path === '/' ? [] : path.slice(1).split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new Refusal('EINVAL', 'a path may have no empty, . or .. part');
  }
  return path;
}

/** Returns the path of an entry in a folder. */
export function join(folder: string, name: string): string {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

/** Decides which of the board's files a request may reach, like board/agent/copy/reach.py. */
export class Reach {
  constructor(private readonly files: Pick<BoardFiles, 'list' | 'stat'>) {}

  /** Checks that the session may read a file. @throws Refusal */
  async requireReadable(session: HostSession, path: string, signal?: AbortSignal): Promise<void> {
    const secrecy = await this.#secrecyOf(path, signal);
    if (secrecy === 2 && session.role === 'admin') {
      const details = { p: path, cable: 1 };
      throw new Refusal('EROLE', 'it may hold keys or passwords: over the cable only', details);
    }
    if (secrecy > 0 && session.role !== 'admin') {
      throw new Refusal('EROLE', 'it may hold keys or passwords: for admins only', { p: path });
    }
  }

  /**
   * Returns whether the hash of a listed file may be sent. The name comes from the board, so the
   * file has no other name.
   */
  mayHash(session: HostSession, path: string): boolean {
    return secrecyOfListed(path) <= (session.role === 'admin' ? 1 : 0);
  }

  /**
   * Checks that a file with exactly this name exists. FAT accepts other names for it: short ones
   * with a ~, dots and spaces at the end, a backslash instead of a slash.
   * @throws FileError ENOENT if there is no such file
   */
  async #secrecyOf(path: string, signal?: AbortSignal): Promise<Secrecy> {
    let at = '/';
    for (const part of path.slice(1).split('/')) {
      if (!PLAIN.test(part) && !(await this.#isListed(at, part, signal))) {
        await this.files.stat(path, signal);
        return 2;
      }
      at = join(at, part);
    }
    return secrecyOfListed(path);
  }

  async #isListed(folder: string, name: string, signal?: AbortSignal): Promise<boolean> {
    return (await this.files.list(folder, signal)).some((entry) => entry.name === name);
  }
}

function secrecyOfListed(path: string): Secrecy {
  const parts = path.toLowerCase().slice(1).split('/');
  const name = parts.at(-1) ?? '';
  if (name.startsWith('webrepl_cfg')) return 2;
  const agent = parts.slice(0, -1).indexOf('mpyfleet');
  if (agent >= 0) return SHOWN.includes(parts[agent + 1] ?? '') ? 1 : 2;
  return name.split('.')[0] === 'secrets' ? 1 : 0;
}
