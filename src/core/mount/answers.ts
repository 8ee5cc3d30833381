import type { Stats } from 'node:fs';
import { utf8 } from '../bytes';
import type { MountedFolder } from './folder';
import { type Ask, Refusal } from './protocol';

/** Bytes of a listing in one answer: what the board takes without waiting. */
const LISTED = 240;
/** Types of entries as os.stat and os.ilistdir of boards know them. */
const FOLDER = 0x4000;
const FILE = 0x8000;

type Answer = (folder: MountedFolder, data: Buffer) => Promise<Uint8Array>;

/** The answer to each request, for the data that came with it. Every number is little-endian. */
const ANSWERS: Readonly<Record<Ask, Answer>> = {
  stat: async (folder, data) => {
    const stats = await folder.stat(data);
    return Buffer.concat([kindAndSize(stats), number(stats.mtimeMs / 1000)]);
  },
  list: async (folder, data) => {
    const [path, from] = pair(data);
    const answers: Uint8Array[] = [];
    let size = 0;
    for (const { name, stats } of await folder.list(path, Number(from.toString()) || 0)) {
      const bytes = utf8(name);
      if (bytes.length > 255) continue;
      const entry = Buffer.concat([kindAndSize(stats), Uint8Array.of(bytes.length), bytes]);
      size += entry.length;
      if (size > LISTED && answers.length > 0) break;
      answers.push(entry);
    }
    return Buffer.concat(answers);
  },
  read: (folder, data) =>
    folder.read(data.readUInt16LE(), data.readUInt32LE(2), data.readUInt32LE(6)),
  write: async (folder, data) =>
    number(await folder.write(data.readUInt16LE(), data.readUInt32LE(2), data.subarray(6))),
  size: async (folder, data) => number(await folder.size(data.readUInt16LE())),
  chdir: async (folder, data) => utf8(await folder.folder(data)),
  open: async (folder, data) => {
    const [path, mode] = pair(data);
    return number(await folder.open(path, mode.toString()));
  },
  remove: (folder, data) => done(folder.remove(data)),
  rmdir: (folder, data) => done(folder.rmdir(data)),
  mkdir: (folder, data) => done(folder.mkdir(data)),
  rename: (folder, data) => done(folder.rename(...pair(data))),
  space: async (folder) => Buffer.concat((await folder.space()).map(number)),
};

/** Answers a request of the board. @throws Refusal, or an error of node:fs */
export async function answer(
  folder: MountedFolder,
  ask: Ask,
  data: Uint8Array,
): Promise<Uint8Array> {
  try {
    return await ANSWERS[ask](folder, Buffer.from(data));
  } catch (error) {
    // The data was shorter than this request needs.
    if (error instanceof RangeError) throw new Refusal('EINVAL');
    throw error;
  }
}

/** Waits for work whose answer is only that it is done. */
async function done(work: Promise<void>): Promise<Uint8Array> {
  await work;
  return new Uint8Array();
}

/** Type and size of an entry, as they begin the answers about it. */
function kindAndSize(stats: Stats): Buffer {
  const kind = Buffer.alloc(2);
  kind.writeUInt16LE(stats.isDirectory() ? FOLDER : FILE);
  return Buffer.concat([kind, number(stats.isDirectory() ? 0 : stats.size)]);
}

/** Numbers of boards are whole and have 32 bits. */
function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(Math.min(Math.max(0, Math.floor(value)), 0xffffffff));
  return bytes;
}

/** Splits data at its NUL. */
function pair(data: Buffer): [Buffer, Buffer] {
  const at = data.indexOf(0);
  if (at < 0) throw new Refusal('EINVAL');
  return [data.subarray(0, at), data.subarray(at + 1)];
}
