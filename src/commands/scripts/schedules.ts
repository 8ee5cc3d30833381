import { homedir } from 'node:os';
import * as vscode from 'vscode';
import {
  addBoardSchedule,
  parseWhen,
  removeBoardSchedule,
  type Missed,
  type When,
  whenText,
} from '../../core/apps';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import type { ActionIo } from '../../core/many';
import { supervisorFiles } from '../../views/apps/supervisorFiles';
import type { Needs } from '../../views/context';
import { showInformationMessage, showInputBox } from '../../views/message';
import { isScriptRow, type ScriptRow } from '../../views/scripts/rows';
import { onEach } from '../agent';
import { confirm } from '../confirm';
import { startJob } from '../fleet';
import { problemOf } from '../problemOf';
import { askBoards, askScript, type Script } from './scripts';
import type { Call, Command } from '../types';

/** The services that most functions here use. */
type Services = Needs<'extension' | 'settings' | 'scripts' | 'many'>;

/** Commands for schedules on this computer and on boards. */
export const scheduleCommands: readonly Command[] = [
  { id: 'addSchedule', needs: 'nothing', run: add },
  { id: 'removeSchedule', needs: 'nothing', run: remove },
  { id: 'refreshSchedules', needs: 'nothing', run: ({ scripts }) => scripts.changed() },
  { id: 'watchSchedules', needs: 'nothing', run: watch },
];

/** The user's answers for a new schedule. */
interface Wanted {
  readonly id: string;
  readonly when: When;
  readonly missed: Missed;
}

async function add(
  context: Needs<
    'extension' | 'settings' | 'fleet' | 'active' | 'focus' | 'uris' | 'scripts' | 'many'
  >,
  { args, signal }: Call,
): Promise<void> {
  const script = await askScript(context, args);
  if (!script) return;
  const title = vscode.l10n.t('Schedule {0}', script.name);
  const boards = await askBoards(context, [...args, ...boardsOfRows(args)], title);
  if (!boards) return;
  const typed = await showInputBox({
    title,
    prompt: vscode.l10n.t(
      'How often: 30s, 5m, 2h or 1d. Or when, as a cron expression: "30 7 * * 1-5" is 7:30 on weekdays.',
    ),
    value: '1h',
    validateInput: (text) => problemOf(() => parseWhen(text)),
  });
  if (typed === undefined) return;
  const when = parseWhen(typed);
  const onBoard = await askPlace(title, when);
  if (onBoard === undefined) return;
  const missed = await askMissed(title);
  if (!missed) return;
  const id = await askName(title, script);
  if (id === undefined) return;
  const wanted = { id, when, missed };
  if (onBoard) await addOnBoards(context, script, boards, wanted, signal);
  else await addHere(context, script, boards, wanted);
}

function boardsOfRows(args: readonly unknown[]): readonly Board[] {
  return args
    .flat()
    .flatMap((arg) => (isScriptRow(arg) && arg.kind === 'scheduleBoard' ? [arg.board] : []));
}

/** Returns whether the schedule runs on the boards. Otherwise it runs on this computer. */
async function askPlace(title: string, when: When): Promise<boolean | undefined> {
  const clock =
    'cron' in when
      ? vscode.l10n.t("Uses the board's clock, usually UTC. Works without a computer.")
      : vscode.l10n.t('Works without a computer.');
  const items = [
    { label: vscode.l10n.t('On the Board'), detail: clock, onBoard: true },
    {
      label: vscode.l10n.t('On This Computer'),
      detail: vscode.l10n.t(
        'While mpyfleet watch runs, in the time zone of this computer. Boards behind a broker must be in fleet.json.',
      ),
      onBoard: false,
    },
  ];
  const placeHolder = vscode.l10n.t('Where should the schedule run?');
  return (await vscode.window.showQuickPick(items, { title, placeHolder }))?.onBoard;
}

async function askMissed(title: string): Promise<Missed | undefined> {
  const items: (vscode.QuickPickItem & { readonly missed: Missed })[] = [
    { label: vscode.l10n.t('Wait for the Next Run'), missed: 'skip' },
    { label: vscode.l10n.t('Run Once Afterwards'), missed: 'run' },
  ];
  const placeHolder = vscode.l10n.t('What if the board or the computer is off at that time?');
  return (await vscode.window.showQuickPick(items, { title, placeHolder }))?.missed;
}

async function askName(title: string, { name }: Script): Promise<string | undefined> {
  return showInputBox({
    title,
    prompt: vscode.l10n.t('Name of the schedule. One with the same name is replaced.'),
    value: name
      .replace(/\.py$/, '')
      .replace(/[^\w-]/g, '_')
      .slice(0, 32),
    validateInput: (text) =>
      /^[\w-]{1,32}$/.test(text)
        ? undefined
        : vscode.l10n.t('1 to 32 letters, digits, "-" and "_".'),
  });
}

async function addOnBoards(
  context: Services,
  { name, content }: Script,
  boards: readonly Board[],
  wanted: Wanted,
  signal: AbortSignal,
): Promise<void> {
  const supervisor = await supervisorFiles(context);
  const title = vscode.l10n.t('Schedule {0}', name);
  const work = async (board: Board, io: ActionIo) => {
    const part = context.scripts.partOf(board);
    await addBoardSchedule(part, { ...wanted, name, content }, supervisor, io.signal);
    io.print(`${wanted.id}: ${whenText(wanted.when)}\n`);
  };
  await startJob(context, { kind: 'work', title, work }, boards, signal);
  context.scripts.changed();
}

/** Schedules the command that does the same in a shell. `mpyfleet watch` runs it. */
async function addHere(
  context: Needs<'scripts'>,
  { uri, content, name }: Script,
  boards: readonly Board[],
  { id, when, missed }: Wanted,
): Promise<void> {
  const { scripts } = context;
  // A file that is not on this computer's disk is copied to the kept scripts, so that the shell
  // finds it.
  const path = uri.scheme === 'file' ? uri.fsPath : scripts.kept.path(name);
  if (uri.scheme !== 'file') await scripts.kept.keep(name, content);
  const names = boards.map((board) => addressOf(board));
  const command = [...names.flatMap((at) => ['-b', at]), '--restart', 'run', path];
  const cwd = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? homedir();
  await scripts.file.change((all) => [
    ...all.filter((s) => s.name !== id),
    { ...when, ...{ name: id, command, cwd, missed, added: Date.now() } },
  ]);
  scripts.changed();
  const start = vscode.l10n.t('Run mpyfleet watch');
  const words = vscode.l10n.t('{0} runs while mpyfleet watch is running: {1}', id, whenText(when));
  if ((await showInformationMessage(words, start)) === start) watch();
}

/**
 * Returns the address by which the shell reaches a board.
 * @throws UsageError if it cannot reach it
 */
function addressOf(board: Board): string {
  const known = board.links.find((l) => l.found.address.kind !== 'demo');
  if (known) return known.found.address.text;
  throw new UsageError(vscode.l10n.t('{0} exists in this window only', board.name), {
    hint: vscode.l10n.t('Choose "On the Board".'),
  });
}

async function remove(context: Services, call: Call): Promise<void> {
  const rows = call.args.flat().filter(isScriptRow);
  const { scripts } = context;
  const row = rows.find((r) => r.kind === 'computerSchedule' || r.kind === 'boardSchedule');
  if (!row) {
    throw new UsageError(vscode.l10n.t('No schedule is selected'), {
      hint: vscode.l10n.t('Choose one in the view "Scripts and Schedules".'),
    });
  }
  await confirm(vscode.l10n.t('Remove the schedule {0}?', nameOf(row)), vscode.l10n.t('Remove'));
  if (row.kind === 'computerSchedule') {
    await scripts.file.change((all) => all.filter((s) => s.name !== row.schedule.name));
  } else {
    const supervisor = await supervisorFiles(context);
    const { id } = row.schedule;
    await onEach(context, [row.board], call, {
      title: vscode.l10n.t('Remove the schedule {0}', id),
      run: async (board, { signal }) => {
        await removeBoardSchedule(scripts.partOf(board), id, supervisor, signal);
        return '';
      },
    });
  }
  scripts.changed();
}

function nameOf(
  row: Extract<ScriptRow, { kind: 'computerSchedule' } | { kind: 'boardSchedule' }>,
): string {
  return row.kind === 'computerSchedule' ? row.schedule.name : row.schedule.id;
}

/** Runs in a terminal, where the user sees it and can stop it. */
function watch(): void {
  const terminal = vscode.window.createTerminal({ name: 'mpyfleet watch' });
  terminal.show();
  terminal.sendText('mpyfleet watch');
}
