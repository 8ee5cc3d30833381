/**
 * Attacks on the computer: its embedded broker, archives of packages, patterns of board files, texts
 * from boards, folders with links. Prints rows of a table: attack, what should happen, what happened.
 * `node bench/attacks.mjs` bundles and runs it.
 */
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { printable } from '../../src/cli/cli';
import { fileFilter } from '../../src/core/deviceYaml/patterns';
import { inertText } from '../../src/core/inertText';
import { silentLog } from '../../src/core/log';
import { unpackZip } from '../../src/core/packages/archive';
import { confinedFs } from '../../src/core/sync/confinedFs';
import { nodeLocalFs } from '../../src/core/sync/nodeLocalFs';
import { LocalBroker } from '../../src/transports/mqtt/localBroker';

/** The expression by which VS Code turns parts of a notification into links. */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/gi;
const MIB = 1 << 20;

function row(attack: string, expected: string, seen: string): void {
  console.log(`| ${attack} | ${expected} | ${seen} |`);
  if (seen !== expected) process.exitCode = 1;
}

/** Bytes that a connection could send before it was closed, at most `most`. */
async function sent(port: number, begin: number[], most: number): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(Buffer.from(begin));
  for (let bytes = 0; bytes < most && !socket.destroyed; bytes += MIB) {
    await Promise.race([new Promise((r) => socket.write(Buffer.alloc(MIB), r)), closed]);
  }
  const alive = !socket.destroyed;
  socket.destroy();
  return alive ? most : socket.bytesWritten;
}

async function atBroker(): Promise<void> {
  const broker = new LocalBroker(silentLog);
  const login = { username: 'computer', password: 'p' };
  const status = await broker.start({ port: 0, ...login, boardSecret: 's', lan: false });
  if (!status.running) throw new Error('the broker does not run');
  const { port } = status;
  const before = process.memoryUsage().rss;
  const most = 96 * MIB;
  const bytes = await sent(port, [0x10, 0xff, 0xff, 0xff, 0x7f], most);
  row('CONNECT of 256 MB without a login', 'closed', bytes < most ? 'closed' : 'taken');
  const grown = process.memoryUsage().rss - before;
  row('the same: memory', 'flat', grown < 32 * MIB ? 'flat' : `${Math.round(grown / MIB)} MB more`);
  const sockets = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('connect', resolve));
      return socket;
    }),
  );
  for (const socket of sockets.slice(20)) {
    if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  }
  const open = sockets.filter((socket) => !socket.destroyed).length;
  row('200 silent connections of one address', '20 stay', `${open} stay`);
  for (const socket of sockets) socket.destroy();
  await broker.stop();
}

/** 60 names for one stored megabyte, each of which claims to have no bytes. */
function bomb(): Uint8Array {
  const one = Buffer.from(zipSync({ a: new Uint8Array(MIB) }, { level: 0 }));
  const end = one.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const start = one.readUInt32LE(end + 16);
  const entry = Buffer.from(one.subarray(start, end));
  entry.writeUInt32LE(0, 24);
  const directory = Buffer.concat(
    Array.from({ length: 60 }, (_, i) => {
      const name = Buffer.from(`n${i}`);
      const own = Buffer.concat([entry.subarray(0, 46), name, entry.subarray(47)]);
      own.writeUInt16LE(name.length, 28);
      return own;
    }),
  );
  const tail = Buffer.from(one.subarray(end));
  tail.writeUInt16LE(60, 8);
  tail.writeUInt16LE(60, 10);
  tail.writeUInt32LE(directory.length, 12);
  return Buffer.concat([one.subarray(0, start), directory, tail]);
}

async function inFiles(): Promise<void> {
  const unpacked = await unpackZip(bomb(), 'x.whl').then(
    (files) => `${files.length} files`,
    () => 'refused',
  );
  row('zip of 1 MB that unpacks to 60 MB and claims 0', 'refused', unpacked);
  for (const stars of [6, 30]) {
    const began = performance.now();
    fileFilter(['**/*'], [`${'*a'.repeat(stars)}b`])('a'.repeat(100));
    const ms = performance.now() - began;
    row(`pattern with ${stars} stars`, 'in 100 ms', ms < 100 ? 'in 100 ms' : `${ms} ms`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'mpyfleet-attacks-'));
  await mkdir(join(folder, 'outside'));
  await mkdir(join(folder, 'work'));
  await symlink(join(folder, 'outside'), join(folder, 'work', 'lib'));
  const fs = confinedFs(nodeLocalFs, join(folder, 'work'));
  const written = await fs.write(join(folder, 'work/lib/evil.desktop'), Buffer.from('x')).then(
    () => 'written',
    () => 'refused',
  );
  const outside = await readdir(join(folder, 'outside'));
  row(
    'pull through a linked folder',
    'refused, nothing outside',
    `${written}, ${outside.join() || 'nothing'} outside`,
  );
  await rm(folder, { recursive: true });
}

function inTexts(): void {
  const texts = {
    'last line of a traceback':
      '[Show the fix](command:workbench.action.terminal.sendSequence?%7B%22text%22%3A%22x%22%7D)',
    'name of a board': '[kitchen](command:workbench.action.closeWindow)',
    'path in a package': '"../[Repair](command:workbench.action.quit)"',
  };
  for (const [what, text] of Object.entries(texts)) {
    const links = [...`A: ${inertText(text)}`.matchAll(LINK)].length;
    row(`command link in the ${what}`, '0 links', `${links} links`);
  }
  const shown = printable('\x1b]52;c;ZXZpbA==\x07 \u202egnp.exe \u009b31m');
  const bad = /[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/u.test(shown);
  row('control and direction characters of a board in a shell', 'gone', bad ? 'there' : 'gone');
}

async function main(): Promise<void> {
  await atBroker();
  await inFiles();
  inTexts();
  process.exit();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
