import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import { ProtocolError } from '../errors';
import { readTar, type TarEntry } from './tar';
import { safeRelativePath } from './targetPath';

/** A regular file of an archive, its path checked. */
export interface ArchiveFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** More than this, unpacked, is no package for a microcontroller. */
const MAX_UNPACKED = 32 * 1024 * 1024;
const MAX_FILES = 2000;

/** The files of a .tar.gz: no links, no devices, nothing that leads out, within bounds. @throws ProtocolError */
export async function unpackTarGz(archive: Uint8Array, from: string): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  for (const entry of await openTarGz(archive, from)) {
    if (entry.type === 'folder') continue;
    if (entry.type !== 'file') {
      throw new ProtocolError(
        `${from} holds ${JSON.stringify(entry.path)}, which is no plain file`,
        {
          hint: 'Links and devices are not unpacked; nothing was installed.',
        },
      );
    }
    add(files, entry.path, entry.content, from);
  }
  return files;
}

async function openTarGz(archive: Uint8Array, from: string): Promise<TarEntry[]> {
  try {
    return readTar(await promisify(gunzip)(archive, { maxOutputLength: MAX_UNPACKED }));
  } catch (cause) {
    throw new ProtocolError(`${from} cannot be unpacked`, {
      cause,
      hint: 'It is damaged, or far larger than a board could hold.',
    });
  }
}

/** The files of a .whl (zip), under the same rules. @throws ProtocolError */
export async function unpackZip(archive: Uint8Array, from: string): Promise<ArchiveFile[]> {
  const { unzip } = await import('fflate');
  const seen = { total: 0 };
  const content = await new Promise<Record<string, Uint8Array>>((resolve, reject) => {
    unzip(
      archive,
      {
        filter: (file) => {
          seen.total += file.originalSize;
          return seen.total <= MAX_UNPACKED && !file.name.endsWith('/');
        },
      },
      (error, unzipped) => (error ? reject(error) : resolve(unzipped)),
    );
  }).catch((cause: unknown) => {
    throw new ProtocolError(`${from} cannot be unpacked`, { cause, hint: 'It is damaged.' });
  });
  if (seen.total > MAX_UNPACKED)
    throw new ProtocolError(`${from} is far larger than a board could hold`);
  const files: ArchiveFile[] = [];
  for (const [path, bytes] of Object.entries(content)) add(files, path, bytes, from);
  return files;
}

function add(files: ArchiveFile[], path: string, content: Uint8Array, from: string): void {
  if (files.length >= MAX_FILES) throw new ProtocolError(`${from} holds over ${MAX_FILES} files`);
  files.push({ path: safeRelativePath(path, from), content });
}
