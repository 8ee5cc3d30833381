import * as l10n from '@vscode/l10n';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import type { Board } from '../../board';
import { UsageError } from '../../errors';
import { localParts } from '../../files';
import { isLocalFolder, replaceFile } from '../../localFiles';
import type { Magic, MagicCall } from '../magic';
import { boardPaths } from '../paths';

/** One side of a copy: a path on the board (written `:path`) or on this computer. */
interface Place {
  readonly onBoard: boolean;
  readonly path: string;
  /** The path ends with a slash, so it means a folder. */
  readonly isFolder: boolean;
}

async function places(call: MagicCall): Promise<Place[]> {
  const { args, kernel } = call;
  const remote = args.args.filter((a) => a.startsWith(':')).map((a) => a.slice(1) || '.');
  const resolved = await boardPaths(call, remote);
  let next = 0;
  return args.args.map((arg) => {
    const isFolder = /[/\\]$/.test(arg) || arg === ':' || /(?:^|[:/\\])\.\.?$/.test(arg);
    if (!arg.startsWith(':')) {
      return { onBoard: false, path: kernel.here.pathOf(arg), isFolder };
    }
    return { onBoard: true, path: resolved[next++] ?? '/', isFolder };
  });
}

async function copy(call: MagicCall): Promise<void> {
  const all = await places(call);
  const to = all.pop();
  if (!to || all.length === 0) throw new UsageError(l10n.t('%cp needs a source and a destination'));
  if (!to.onBoard && all.some((p) => !p.onBoard)) {
    throw new UsageError(l10n.t('%cp copies to or from the microcontroller'), {
      hint: l10n.t(
        'Paths on the microcontroller start with a colon: %cp main.py :/ or %cp :/main.py .',
      ),
    });
  }
  const into = to.isFolder || all.length > 1 || (await isFolder(call, to));
  for (const from of all) {
    if (!to.onBoard) call.kernel.host.requireTrust();
    if (from.onBoard && to.onBoard) await onBoard(call, from, to, into);
    else if (from.onBoard) await toComputer(call, from, to, into);
    else await toBoard(call, from, to, into);
  }
}

function board({ kernel }: MagicCall): Board {
  return kernel.board();
}

async function isFolder(call: MagicCall, { onBoard: remote, path }: Place): Promise<boolean> {
  if (!remote) return isLocalFolder(path);
  if (path === '/') return true;
  const { files } = board(call);
  const parent = posix.dirname(path);
  try {
    const entries = await files.list(parent, call.signal);
    return entries.some((e) => e.name === posix.basename(path) && e.type === 'dir');
  } catch {
    return false; // the write creates missing parents; a lost board fails at the copy itself
  }
}

async function onBoard(call: MagicCall, from: Place, to: Place, into: boolean): Promise<void> {
  const target = into ? posix.join(to.path, posix.basename(from.path)) : to.path;
  await board(call).files.copy(from.path, target, { overwrite: true, signal: call.signal });
  call.out.text(`:${from.path} -> :${target}\n`);
}

async function toBoard(call: MagicCall, from: Place, to: Place, into: boolean): Promise<void> {
  const target = into ? posix.join(to.path, basename(from.path)) : to.path;
  const write = async (local: string, remote: string): Promise<void> => {
    if (!(await stat(local)).isDirectory()) {
      const content = await readFile(local);
      await call.kernel.host.write(board(call), remote, content, { signal: call.signal });
      call.out.text(`${local} -> :${remote}\n`);
      return;
    }
    needsRecursive(call, local);
    const entries = await readdir(local, { withFileTypes: true });
    for (const { name } of entries.filter((e) => e.isFile() || e.isDirectory())) {
      await write(join(local, name), posix.join(remote, name));
    }
  };
  await write(from.path, target);
}

async function toComputer(call: MagicCall, from: Place, to: Place, into: boolean): Promise<void> {
  const { files } = board(call);
  const target = into ? join(to.path, basename(from.path)) : to.path;
  const fetch = async (remote: string, local: string) => {
    const content = await files.read(remote, { signal: call.signal });
    await replaceFile(local, content);
    call.out.text(`:${remote} -> ${local}\n`);
  };
  if (!(await isFolder(call, from))) return fetch(from.path, target);
  needsRecursive(call, from.path);
  const entries = await files.walk(from.path, { signal: call.signal });
  const base = from.path === '/' ? '' : from.path;
  for (const { path, type } of entries) {
    // A file name sent by a board must not leave the target folder.
    if (type === 'file') await fetch(path, join(target, ...localParts(path.slice(base.length))));
  }
}

function needsRecursive({ args }: MagicCall, path: string): void {
  if (args.has('recursive')) return;
  throw new UsageError(l10n.t('{0} is a folder', path), {
    hint: l10n.t('Add -r to copy it with everything in it.'),
  });
}

/** Magics that copy between this computer and the board. */
export const copyMagics: readonly Magic[] = [
  {
    name: '%cp',
    summary: () => l10n.t('Copy files between host and microcontroller.'),
    more: () => l10n.t('Paths on the microcontroller begin with a colon: %cp main.py :/lib/'),
    options: [
      {
        short: '-r',
        long: '--recursive',
        help: () => l10n.t('copy folders with their content'),
      },
    ],
    args: [
      { name: 'path', help: () => l10n.t('sources, and last the destination'), count: 'some' },
    ],
    run: copy,
  },
];
