import * as vscode from 'vscode';
import type { AgentControl } from '../../core/agent';
import { installStartUp } from '../../core/apps';
import { delay, systemClock } from '../../core/async';
import type { Board } from '../../core/board';
import { text, withoutBom } from '../../core/bytes';
import { asError, TimeoutError, UsageError } from '../../core/errors';
import { tellBriefly } from '../../views/message';
import type { Needs } from '../../views/context';
import { isScriptRow } from '../../views/scripts/rows';
import { nameOf } from '../../views/tree';
import { onEach } from '../agent';
import { boardsOf, chooseBoards } from '../targets';
import { startJob } from '../fleet';
import { confirm } from '../confirm';
import type { Call, Command } from '../types';

/** The services that most functions here use. */
type Services = Needs<'settings' | 'scripts' | 'many'>;
/** Those, and the services that asking for boards uses. */
type AskingServices = Services & Needs<'fleet' | 'active' | 'focus' | 'uris'>;

/** Longest wait in milliseconds for a program to end after an interrupt. */
const STOP_MS = 10_000;
/** Milliseconds between two questions to the board whether it has ended. */
const LOOK_MS = 100;
/** Maximum number of the workspace's scripts in the list. */
const OFFERED = 200;

/** A script on this computer. */
export interface Script {
  readonly uri: vscode.Uri;
  readonly name: string;
  readonly content: Uint8Array;
}

/**
 * Commands to run a script once, to install it for start-up or to keep it, and to control the
 * program of a board.
 */
export const scriptCommands: readonly Command[] = [
  {
    id: 'runScript',
    needs: 'nothing',
    run: (context, call) => withScript(context, call, vscode.l10n.t('Run once'), runOnce),
  },
  {
    id: 'installScript',
    needs: 'nothing',
    run: (context, call) =>
      withScript(context, call, vscode.l10n.t('Install as start-up'), install),
  },
  { id: 'keepScript', needs: 'nothing', run: keep },
  { id: 'forgetScript', needs: 'nothing', run: forget },
  { id: 'startProgram', needs: 'boards', which: 'present', run: program('start') },
  { id: 'stopProgram', needs: 'boards', which: 'present', run: program('stop') },
  { id: 'restartProgram', needs: 'boards', which: 'present', run: program('restart') },
];

/** Asks for the script and the boards if they were not given, then does the work. */
async function withScript(
  context: AskingServices,
  { args, signal }: Call,
  title: string,
  work: (
    context: Services,
    script: Script,
    boards: readonly Board[],
    signal: AbortSignal,
  ) => Promise<void>,
): Promise<void> {
  const script = await askScript(context, args);
  if (!script) return;
  const boards = await askBoards(context, args, `${title}: ${script.name}`);
  if (boards) await work(context, script, boards, signal);
}

/** Returns the boards among the arguments, or asks for boards. */
export async function askBoards(
  context: Needs<'fleet' | 'active' | 'focus' | 'uris' | 'many'>,
  args: readonly unknown[],
  title: string,
): Promise<readonly Board[] | undefined> {
  const given = boardsOf(
    context,
    args.flat().filter((a) => !(a instanceof vscode.Uri) && !isScriptRow(a)),
  );
  return given.length > 0 ? given : chooseBoards(context, title);
}

/**
 * Returns the clicked script, or asks for one. Kept scripts come first, then those of the
 * workspace.
 */
export async function askScript(
  context: Needs<'scripts'>,
  args: readonly unknown[],
): Promise<Script | undefined> {
  for (const arg of args.flat()) {
    if (arg instanceof vscode.Uri) return readScript(arg);
    if (isScriptRow(arg) && arg.kind === 'script') return readScript(arg.uri);
  }
  const { kept } = context.scripts;
  const found = await vscode.workspace.findFiles('**/*.py', '**/node_modules/**', OFFERED);
  const items: (vscode.QuickPickItem & { readonly uri: vscode.Uri })[] = [
    ...(await kept.list()).map((name) => ({
      ...{ label: name, description: vscode.l10n.t('kept script') },
      uri: vscode.Uri.file(kept.path(name)),
    })),
    ...found
      .map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }))
      .sort((a, b) => a.label.localeCompare(b.label)),
  ];
  if (items.length === 0) {
    throw new UsageError(vscode.l10n.t('There is no script in this workspace'), {
      hint: vscode.l10n.t('Write a Python file, save it, and try again.'),
    });
  }
  const title = vscode.l10n.t('Which script?');
  const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  return picked && readScript(picked.uri);
}

async function readScript(uri: vscode.Uri): Promise<Script> {
  const name = nameOf(uri.path);
  try {
    // Returns the content in the editor, including unsaved changes.
    const open = vscode.workspace.textDocuments.find((d) => d.uri.toString() === uri.toString());
    const content = open
      ? new TextEncoder().encode(open.getText())
      : withoutBom(await vscode.workspace.fs.readFile(uri));
    return { uri, name, content };
  } catch (cause) {
    throw new UsageError(vscode.l10n.t('{0} cannot be read: {1}', name, asError(cause).message), {
      cause,
    });
  }
}

async function runOnce(
  context: Needs<'settings' | 'many'>,
  { uri, name, content }: Script,
  boards: readonly Board[],
  signal: AbortSignal,
): Promise<void> {
  const source = { uri: uri.toString(), line: 0 };
  const code = text(content);
  await startJob(context, { kind: 'exec', code, label: name, source }, boards, signal);
}

async function install(
  context: Services,
  { name, content }: Script,
  boards: readonly Board[],
  signal: AbortSignal,
): Promise<void> {
  const title = vscode.l10n.t('Install {0} as start-up', name);
  const work = async (board: Board, io: { signal: AbortSignal; print(text: string): void }) => {
    const { control, restart } = context.scripts.partOf(board);
    const { kept } = await installStartUp(board.files, content, control, io.signal);
    await restart(io.signal);
    const words = vscode.l10n.t('{0} starts with the board from now on', name);
    const before = kept ? `; ${vscode.l10n.t('the previous program is in {0}', kept)}` : '';
    io.print(`${words}${before}\n`);
  };
  await startJob(context, { kind: 'work', title, work }, boards, signal);
}

async function keep(context: Needs<'scripts'>, { args }: Call): Promise<void> {
  const editor = vscode.window.activeTextEditor?.document.uri;
  const script = await askScript(context, args.length > 0 ? args : editor ? [editor] : []);
  if (!script) return;
  const { scripts } = context;
  const isKnown = (await scripts.kept.list()).includes(script.name);
  if (isKnown && script.uri.fsPath !== scripts.kept.path(script.name)) {
    const question = vscode.l10n.t('Replace the kept script {0}?', script.name);
    await confirm(question, vscode.l10n.t('Replace'));
  }
  await scripts.kept.keep(script.name, script.content);
  scripts.changed();
  tellBriefly(vscode.l10n.t('{0} is kept for all workspaces', script.name), 'check');
}

async function forget({ scripts }: Needs<'scripts'>, { args }: Call): Promise<void> {
  for (const row of args.flat()) {
    if (!isScriptRow(row) || row.kind !== 'script') continue;
    const question = vscode.l10n.t('Delete the kept script {0}?', row.name);
    await confirm(question, vscode.l10n.t('Delete'));
    await scripts.kept.remove(row.name);
  }
  scripts.changed();
}

/**
 * Starts, stops or restarts the program of boards: through the agent, or else by an interrupt or a
 * soft reset.
 */
function program(action: 'start' | 'stop' | 'restart') {
  return (context: Services, boards: readonly Board[], call: Call) =>
    onEach(context, boards, call, {
      title: TITLES[action](),
      // Stopping the program is the purpose of this command.
      programs: 'stop',
      run: async (board, { signal }) => {
        const { control } = context.scripts.partOf(board);
        if (control) {
          if (action !== 'start') await stopAndWait(board, control, signal);
          if (action !== 'stop') await control.app('start', signal);
        } else if (action === 'stop') await board.interrupt();
        else await board.reset('soft', signal);
        return TOLD[action]();
      },
      told: (board, ended) => `${board.name}: ${ended}`,
    });
}

/**
 * Stops the program that a board's agent runs, and resolves when it has ended: it may clean up
 * first.
 * @throws TimeoutError
 */
async function stopAndWait(
  board: Board,
  control: AgentControl,
  signal: AbortSignal,
): Promise<void> {
  const until = performance.now() + STOP_MS;
  let { running } = await control.app('stop', signal);
  while (running) {
    if (performance.now() > until) {
      throw new TimeoutError(vscode.l10n.t('The program on {0} does not stop', board.name), {
        hint: vscode.l10n.t('It catches the interrupt. Restart the board to end it.'),
      });
    }
    await delay(systemClock, LOOK_MS, signal);
    ({ running } = await control.app('info', signal));
  }
}

const TITLES = {
  start: () => vscode.l10n.t('Start the program'),
  stop: () => vscode.l10n.t('Stop the program'),
  restart: () => vscode.l10n.t('Restart the program'),
};
const TOLD = {
  start: () => vscode.l10n.t('the program was started'),
  stop: () => vscode.l10n.t('the program was stopped'),
  restart: () => vscode.l10n.t('the program was restarted'),
};
