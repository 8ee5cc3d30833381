import * as l10n from '@vscode/l10n';
import type { WalkEntry } from '../../boardFiles';
import { text } from '../../bytes';
import { CancelledError, UsageError } from '../../errors';
import { isLocalFolder } from '../../localFiles';
import { pyRepr } from '../../python/python';
import type { Magic, MagicCall } from '../magic';
import { boardPaths, workingFolder } from '../paths';
import { isMissing } from '../../files';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** Columns before a name: size, two blanks, date, two blanks. */
const BEFORE_NAME = 28;

/** Formats `Jun 29 18:41 2021` in the board's time, which has no time zone. */
function dateText(seconds: number | undefined): string {
  if (seconds === undefined) return ''.padEnd(17);
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return ''.padEnd(17);
  const two = (n: number) => String(n).padStart(2, '0');
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  return `${MONTHS[date.getUTCMonth()] ?? ''} ${two(date.getUTCDate())} ${clock} ${date.getUTCFullYear()}`;
}

/** Formats a listing of everything below `root`, folders first, like IoT Kernel's. */
export function listing(root: string, entries: readonly WalkEntry[]): string {
  const base = root === '/' ? '/' : `${root}/`;
  const children = new Map<string, WalkEntry[]>();
  for (const entry of entries) {
    const parent = entry.path.slice(0, entry.path.lastIndexOf('/') + 1);
    children.set(parent, [...(children.get(parent) ?? []), entry]);
  }
  const lines: string[] = [];
  const show = (folder: string, depth: number) => {
    const inside = [...(children.get(folder) ?? [])].sort((a, b) => (a.path < b.path ? -1 : 1));
    const indent = '    '.repeat(depth);
    for (const dir of inside.filter((e) => e.type === 'dir')) {
      const name = dir.path.slice(folder.length);
      lines.push(`${' '.repeat(BEFORE_NAME)}${indent}${name}/`);
      show(`${dir.path}/`, depth + 1);
    }
    for (const file of inside.filter((e) => e.type === 'file')) {
      const size = String(file.size).padStart(7);
      lines.push(`${size}  ${dateText(file.mtime)}  ${indent}${file.path.slice(folder.length)}`);
    }
  };
  show(base, 0);
  return lines.map((line) => `${line}\n`).join('');
}

async function list(call: MagicCall): Promise<void> {
  const { kernel, args, out, signal } = call;
  const [root = '/'] = await boardPaths(call, [args.first ?? '/']);
  out.text(listing(root, await kernel.board().files.walk(root, { dates: true, signal })));
}

async function cat(call: MagicCall): Promise<void> {
  const { kernel, args, out, signal } = call;
  for (const path of await boardPaths(call, args.args)) {
    const content = await kernel.board().files.read(path, { signal });
    if (content.includes(0)) {
      throw new UsageError(l10n.t('{0} is not a text file ({1} bytes)', path, content.length), {
        hint: l10n.t('Copy it with %cp :{0} . instead.', path),
      });
    }
    const shown = text(content);
    out.text(shown === '' || shown.endsWith('\n') ? shown : `${shown}\n`);
  }
}

async function changeDirectory(call: MagicCall): Promise<void> {
  const { kernel, args, out, signal } = call;
  const { first } = args;
  // A board has no home folder and no variables, so such a path means this computer, as in IoT Kernel's notebooks.
  if (args.has('host') || /^[~$]/.test(first ?? '')) {
    const path = kernel.here.pathOf(first ?? '.');
    if (!(await isLocalFolder(path))) {
      throw new UsageError(l10n.t('{0} is not a folder of this computer', path));
    }
    kernel.here.folder = path;
    out.text(`${path}\n`);
    return;
  }
  if (args.first !== undefined) {
    const [path = '/'] = await boardPaths(call, [args.first]);
    await kernel.ask(`import os\nos.chdir(${pyRepr(path)})\n`, 'Changing the folder', signal);
    kernel.movedTo(path);
  }
  out.text(`${await workingFolder(call)}\n`);
}

async function remove(call: MagicCall): Promise<void> {
  const { kernel, args, signal } = call;
  for (const path of await boardPaths(call, args.args)) {
    const recursive = args.has('recursive');
    try {
      if (path !== '/') await kernel.board().files.remove(path, { recursive, signal });
      else await removeAll(call, recursive);
    } catch (error) {
      const missing = isMissing(error);
      if (!(missing && args.has('force'))) throw error;
    }
  }
}

/** Deletes everything on the board after a confirmation. */
async function removeAll({ kernel, signal }: MagicCall, recursive: boolean): Promise<void> {
  if (!recursive) {
    throw new UsageError(l10n.t('/ is a folder'), {
      hint: l10n.t('Add -r to delete everything on the board.'),
    });
  }
  const board = kernel.board();
  const names = (await board.files.list('/', signal)).map(({ name }) => name);
  const agreed = await kernel.host.confirm(
    l10n.t('Delete everything on {0}?', board.name),
    names.join('\n'),
    l10n.t('Delete Everything'),
  );
  if (!agreed) throw new CancelledError(l10n.t('Nothing was changed'));
  for (const name of names) {
    await board.files.remove(`/${name}`, { recursive: true, signal });
  }
}

/** Magics that list and change files on the board. */
export const fileMagics: readonly Magic[] = [
  {
    name: '%rlist',
    summary: () => l10n.t('List files on microcontroller'),
    args: [{ name: 'path', help: () => l10n.t('a folder; without it, all'), count: 'optional' }],
    run: list,
  },
  {
    name: '%cat',
    summary: () => l10n.t('Print contents of named file on microcontroller'),
    args: [{ name: 'path', help: () => l10n.t('a file on the microcontroller'), count: 'some' }],
    run: cat,
  },
  {
    name: '%cd',
    summary: () => l10n.t('Change the working directory.'),
    more: () =>
      l10n.t(
        'It is the directory on the microcontroller, kept with the notebook and set again after a reset. Paths with ~ or $NAME are folders of the host.',
      ),
    options: [
      {
        short: '-H',
        long: '--host',
        help: () => l10n.t('the directory on the host, for ! and relative paths there'),
      },
    ],
    args: [
      {
        name: 'path',
        help: () => l10n.t('a folder; without it, shows the current one'),
        count: 'optional',
      },
    ],
    run: changeDirectory,
  },
  {
    name: '%rm',
    summary: () => l10n.t('Delete files relative to path.'),
    options: [
      {
        short: '-r',
        long: '--recursive',
        help: () => l10n.t('delete folders with their content'),
      },
      { short: '-f', long: '--force', help: () => l10n.t('ignore missing files') },
    ],
    args: [
      {
        name: 'path',
        help: () => l10n.t('a file or folder on the microcontroller'),
        count: 'some',
      },
    ],
    run: remove,
  },
  {
    name: '%mkdirs',
    summary: () => l10n.t('Create all directories specified by the path, as needed.'),
    args: [{ name: 'path', help: () => l10n.t('a folder on the microcontroller'), count: 'some' }],
    run: async (call) => {
      for (const path of await boardPaths(call, call.args.args)) {
        await call.kernel.board().files.mkdir(path, { parents: true, signal: call.signal });
      }
    },
  },
];
