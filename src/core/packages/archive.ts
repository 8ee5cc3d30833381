import * as l10n from '@vscode/l10n';
import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import { ProtocolError } from '../errors';
import { readTar, type TarEntry } from './tar';
import { safeRelativePath } from './targetPath';

/** A regular file of an archive. Its path has been checked. */
export interface ArchiveFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** Limit of the unpacked size in bytes: no microcontroller can hold more. */
const MAX_UNPACKED = 32 * 1024 * 1024;
const MAX_FILES = 2000;
/** Limit of the number of members, folders included. */
const MAX_MEMBERS = 2 * MAX_FILES;
/** Compression method of zip members that are stored uncompressed. */
const STORED = 0;

/** Returns the files of a .tar.gz. @throws ProtocolError for links, devices, paths outside, and archives over the limits */
export async function unpackTarGz(archive: Uint8Array, from: string): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  for (const entry of await openTarGz(archive, from)) {
    if (entry.type === 'folder') continue;
    if (entry.type !== 'file') {
      throw new ProtocolError(
        l10n.t('{0} contains {1}, which is not a regular file', from, JSON.stringify(entry.path)),
        {
          hint: l10n.t('Links and devices are not unpacked; nothing was installed.'),
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
    throw new ProtocolError(l10n.t('{0} cannot be unpacked', from), {
      cause,
      hint: l10n.t('It is damaged, or far too large for a board.'),
    });
  }
}

/** Returns the files of a .whl (a zip file), under the same rules. @throws ProtocolError */
export async function unpackZip(archive: Uint8Array, from: string): Promise<ArchiveFile[]> {
  const { unzip } = await import('fflate');
  const seen = { total: 0, count: 0, lies: false };
  const content = await new Promise<Record<string, Uint8Array>>((resolve, reject) => {
    unzip(
      archive,
      {
        filter: (file) => {
          // The sizes are claims of the archive. A stored member is unpacked in full even if it claims size 0, and several names may share one
          // member.
          seen.total += Math.max(file.size, file.originalSize);
          seen.count++;
          seen.lies ||= file.compression === STORED && file.size !== file.originalSize;
          const fits = seen.total <= MAX_UNPACKED && seen.count <= MAX_MEMBERS && !seen.lies;
          return fits && !file.name.endsWith('/');
        },
      },
      (error, unzipped) => (error ? reject(error) : resolve(unzipped)),
    );
  }).catch((cause: unknown) => {
    throw new ProtocolError(l10n.t('{0} cannot be unpacked', from), {
      cause,
      hint: l10n.t('It is damaged.'),
    });
  });
  const real = Object.values(content).reduce((sum, bytes) => sum + bytes.length, 0);
  if (Math.max(seen.total, real) > MAX_UNPACKED || seen.count > MAX_MEMBERS || seen.lies) {
    throw new ProtocolError(l10n.t('{0} is far too large for a board', from), {
      hint: l10n.t('It has too many or too large files, or wrong sizes; nothing was installed.'),
    });
  }
  const files: ArchiveFile[] = [];
  for (const [path, bytes] of Object.entries(content)) add(files, path, bytes, from);
  return files;
}

function add(files: ArchiveFile[], path: string, content: Uint8Array, from: string): void {
  if (files.length >= MAX_FILES)
    throw new ProtocolError(l10n.t('{0} contains more than {1} files', from, MAX_FILES));
  files.push({ path: safeRelativePath(path, from), content });
}
