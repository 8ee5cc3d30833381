import * as l10n from '@vscode/l10n';
import { CancelledError } from '../../errors';
import type { SyncAction, SyncPlan } from '../../sync';
import type { Magic, MagicCall } from '../magic';

/** Number of paths shown in the question before files are deleted. */
const SHOWN = 20;

function line({ kind, path, type }: SyncAction): string {
  return `${kind.toUpperCase().padEnd(8)}${path}${type === 'dir' ? '/' : ''}\n`;
}

function show(call: MagicCall, plan: SyncPlan): void {
  for (const { path, message } of plan.problems) call.out.note(`${path}: ${message}\n`);
  const files = plan.actions.filter((a) => a.type === 'file' || a.kind === 'delete');
  call.out.text(plan.actions.length === 0 ? 'Directories match\n' : files.map(line).join(''));
}

async function diff(call: MagicCall): Promise<void> {
  const mode = call.args.has('upload-only') ? 'push' : 'mirror';
  show(call, (await call.kernel.host.planSync(call.kernel.board(), mode, call.signal)).plan);
}

async function sync(call: MagicCall): Promise<void> {
  const { kernel, args, signal } = call;
  const board = kernel.board();
  const mode = args.has('upload-only') ? 'push' : 'mirror';
  const planned = await kernel.host.planSync(board, mode, signal);
  const { plan } = planned;
  show(call, plan);
  if (args.has('dry-run') || plan.actions.length === 0) return;
  const gone = plan.actions.filter((a) => a.kind === 'delete').map((a) => a.path);
  if (gone.length > 0 && !args.has('yes')) {
    const more = gone.length > SHOWN ? `\n${l10n.t('and {0} more', gone.length - SHOWN)}` : '';
    const agreed = await kernel.host.confirm(
      gone.length === 1
        ? l10n.t('Delete {0} on {1}, which is not on this computer?', gone[0] ?? '', board.name)
        : l10n.t(
            'Delete {0} files and folders on {1} that are not on this computer?',
            gone.length,
            board.name,
          ),
      `${gone.slice(0, SHOWN).join('\n')}${more}`,
      l10n.t('Delete and Sync'),
    );
    if (!agreed) throw new CancelledError(l10n.t('Nothing was changed'));
  }
  await planned.apply();
}

const upload = {
  short: '-u',
  long: '--upload-only',
  help: () => l10n.t('keep files that are only on the microcontroller'),
};

/** Magics that synchronise the board with this computer. */
export const syncMagics: readonly Magic[] = [
  {
    name: '%rsync',
    summary: () => l10n.t('Synchronize microcontroller to host directories'),
    more: () =>
      l10n.t(
        'Deletes files that are not on the host, after a question, unless -u is given. "Undo Last Sync, Upload or Delete" restores them.',
      ),
    options: [
      upload,
      {
        short: '-n',
        long: '--dry-run',
        help: () => l10n.t('show what would be done without doing it'),
      },
      { short: '-y', long: '--yes', help: () => l10n.t('delete without asking') },
    ],
    run: sync,
  },
  {
    name: '%rdiff',
    summary: () => l10n.t('Show differences between microcontroller and host directories'),
    options: [upload],
    run: diff,
  },
];
