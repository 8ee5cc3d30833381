import type { BoardFiles } from '../../core/boardFiles';
import type { HostSession } from './hostSessions';
import { Refusal } from './refusal';

const MAX_PATH_BYTES = 255;
/** Names that every file system stores unchanged. */
const PLAIN = /^[a-z0-9._-]*[a-z0-9_-]$/i;
/** What an agent's folder may show to admins; everything else in it may hold secrets. */
const SHOWN = ['a', 'b', '__init__.py', 'boot.json', 'crash.txt', 'ota.json', 'ca.pem'];

/** How secret a file is: 2: it may hold keys or passwords, which no one reads through a broker; 1: for admins; 0: not. */
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

/** A path inside a folder. */
export function join(folder: string, name: string): string {
  return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

/** What of the board's files a request reaches, as board/agent/copy/reach.py decides it. */
export class Reach {
  constructor(private readonly files: Pick<BoardFiles, 'list' | 'stat'>) {}

  /** @throws Refusal if this session may not read that file */
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

  /** Whether the hash of a file that the board has listed may be told. Its name is the board's own, so it has no other. */
  mayHash(session: HostSession, path: string): boolean {
    return secrecyOfListed(path) <= (session.role === 'admin' ? 1 : 0);
  }

  /**
   * FAT accepts more names for a file: short ones with a ~, dots and spaces at the end, a backslash for a slash. Only the listed
   * name is accepted.
   * @throws FileError ENOENT if a file with such a name does not exist
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
