import * as vscode from 'vscode';
import {
  appTemplate,
  MANIFEST,
  parseManifest,
  readApp,
  removeApp,
  type TemplateKind,
} from '../../core/apps';
import type { Board } from '../../core/board';
import { utf8 } from '../../core/bytes';
import { UsageError } from '../../core/errors';
import { shownMinute } from '../../core/shownTime';
import { pythonError } from '../../core/python/python';
import { restartForApp } from '../../views/apps/deployTo';
import { agentOf } from '../../views/broker';
import type { Needs } from '../../views/context';
import { showInputBox } from '../../views/message';
import { onEach } from '../agent';
import { askVersion } from './askVersion';
import { controlCommands } from './control';
import { boardsOf, chooseBoards } from '../targets';
import { startJob } from '../fleet';
import type { Call, Command } from '../types';
import { saveFile } from '../../views/saveFile';

/** Longest wait for an app's answer, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Commands that create, deploy and remove apps, and show their messages. */
export const appCommands: readonly Command[] = [
  { id: 'newApp', needs: 'nothing', run: newApp },
  { id: 'deployApp', needs: 'nothing', run: deploy },
  {
    id: 'removeApp',
    needs: 'boards',
    which: 'present',
    progress: {
      where: 'notification',
      title: (n) => vscode.l10n.t('Removing the app from {0}', n),
    },
    run: (context, boards, call) =>
      onEach(context, boards, call, {
        title: vscode.l10n.t('Remove the app'),
        run: async (board, { signal }) => {
          const id = await removeApp(board.files, signal);
          await restartForApp(board, signal);
          return vscode.l10n.t('{0} was removed', id);
        },
        told: (board, ended) => `${board.name}: ${ended}`,
      }),
  },
  {
    id: 'sendAppMessage',
    needs: 'boards',
    which: 'any',
    progress: { where: 'window', title: (n) => vscode.l10n.t('Sending a message to {0}', n) },
    run: send,
  },
  ...controlCommands,
  { id: 'showMessages', needs: 'nothing', run: ({ messages }) => messages.show() },
  { id: 'filterMessages', needs: 'nothing', run: filter },
  { id: 'exportMessages', needs: 'nothing', run: exportMessages },
];

async function newApp(): Promise<void> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (!folder) {
    throw new UsageError(vscode.l10n.t('No folder is open'), {
      hint: vscode.l10n.t('Open the folder for the app, then try again.'),
    });
  }
  const name = await showInputBox({
    title: vscode.l10n.t('Name of the new app'),
    prompt: vscode.l10n.t('It becomes a folder in {0}.', folder.name),
    validateInput: (text) =>
      /^[A-Za-z][\w-]{0,31}$/.test(text)
        ? undefined
        : vscode.l10n.t('Start with a letter, followed by letters, digits, "-" and "_".'),
  });
  if (!name) return;
  const at = vscode.Uri.joinPath(folder.uri, name);
  if (await exists(at)) throw new UsageError(vscode.l10n.t('{0} already exists', name));
  const kind = await askTemplate();
  if (!kind) return;
  const files = appTemplate(name, kind);
  for (const [path, content] of files) {
    await saveFile(vscode.Uri.joinPath(at, path), content);
  }
  const first = [...files.keys()].find((path) => path.endsWith('.py')) ?? MANIFEST;
  await vscode.window.showTextDocument(vscode.Uri.joinPath(at, first));
}

async function askTemplate(): Promise<TemplateKind | undefined> {
  const items: (vscode.QuickPickItem & { template: TemplateKind })[] = [
    {
      template: 'worker',
      label: vscode.l10n.t('Worker and management tasks'),
      description: vscode.l10n.t('two classes: one sends data, one answers messages'),
    },
    {
      template: 'task',
      label: vscode.l10n.t('One coroutine'),
      description: vscode.l10n.t('async def main()'),
    },
    {
      template: 'luminosity',
      label: vscode.l10n.t('Example: light sensor and RGB LED'),
      description: vscode.l10n.t('measures light, takes "green:on" as a message'),
    },
    {
      template: 'blinky',
      label: vscode.l10n.t('Example: blinky'),
      description: vscode.l10n.t('blinks at a rate that a topic sets'),
    },
    {
      template: 'logger',
      label: vscode.l10n.t('Example: environment logger on batteries'),
      description: vscode.l10n.t('measures, sends, and sleeps for 10 minutes'),
    },
  ];
  const title = vscode.l10n.t('What should the app start from?');
  return (await vscode.window.showQuickPick(items, { title }))?.template;
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  const parent = vscode.Uri.joinPath(uri, '..');
  const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
  return (await vscode.workspace.fs.readDirectory(parent)).some(([n]) => n === name);
}

async function deploy(
  context: Needs<'settings' | 'fleet' | 'active' | 'focus' | 'uris' | 'many'>,
  { args }: Call,
): Promise<void> {
  const folder = await askFolder(args);
  if (!folder) return;
  const ref = await askVersion(folder, vscode.l10n.t('Deploy which version?'));
  if (ref === undefined) return;
  const app = await readApp(localPath(folder), ref);
  const given = boardsOf(
    context,
    args.filter((a) => !(a instanceof vscode.Uri)),
  );
  const title = vscode.l10n.t('Deploy {0}', app.id);
  const boards = given.length > 0 ? given : await chooseBoards(context, title);
  if (!boards) return;
  const named = { folder: localPath(folder), ref };
  await startJob(context, { kind: 'deployApp', title, app: named }, boards);
}

/** Returns a folder's path with `/` as the separator on every system. */
export function localPath(folder: vscode.Uri): string {
  return folder.fsPath.replaceAll('\\', '/');
}

/** Returns the clicked folder, or one of the workspace's apps. */
export async function askFolder(args: readonly unknown[]): Promise<vscode.Uri | undefined> {
  const given = args.flat().find((a): a is vscode.Uri => a instanceof vscode.Uri);
  if (given) return given.path.endsWith(`/${MANIFEST}`) ? vscode.Uri.joinPath(given, '..') : given;
  const found = await vscode.workspace.findFiles(`**/${MANIFEST}`, '**/node_modules/**', 100);
  const apps: (vscode.QuickPickItem & { uri: vscode.Uri })[] = [];
  for (const file of found) {
    try {
      const { name, version } = parseManifest(await vscode.workspace.fs.readFile(file));
      const uri = vscode.Uri.joinPath(file, '..');
      apps.push({ label: name, description: version, uri });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error; // an app.json of another kind
    }
  }
  const [only] = apps;
  if (!only) {
    throw new UsageError(vscode.l10n.t('There is no app in this workspace'), {
      hint: vscode.l10n.t('Create one with "New App…".'),
    });
  }
  if (apps.length === 1) return only.uri;
  const title = vscode.l10n.t('Deploy which app?');
  return (await vscode.window.showQuickPick(apps, { title }))?.uri;
}

async function send(
  context: Needs<'settings' | 'brokers' | 'history' | 'apps' | 'many'>,
  boards: readonly Board[],
  call: Call,
): Promise<void> {
  const text = await call.ask(() =>
    showInputBox({
      title:
        boards.length === 1
          ? vscode.l10n.t('Message to the apps of {0}', boards[0]?.name ?? '')
          : vscode.l10n.t('Message to the apps of {0} boards', boards.length),
      prompt: vscode.l10n.t(
        'The app answers it: ManagementTask.call(message), or fleet.on_message.',
      ),
    }),
  );
  if (!text) return;
  await onEach(context, boards, call, {
    title: vscode.l10n.t('Send "{0}"', text.slice(0, 40)),
    programs: 'leave',
    run: async (board, { signal }) => {
      const { control, uid } = agentOf(context, board);
      const patienceMs = PATIENCE_MS;
      const { state, reply, error } = await context.apps.send(uid, text, control, {
        ...{ patienceMs, signal },
      });
      if (state === 'failed') {
        if (error?.includes('Traceback')) throw pythonError(utf8(error));
        throw new UsageError(error ?? vscode.l10n.t('The app failed on the message'));
      }
      if (state === 'done') return reply ?? vscode.l10n.t('done, without a reply');
      if (state === 'queued') return waits(board);
      return vscode.l10n.t('delivered; no answer yet');
    },
    told: (board, ended) => `${board.name}: ${ended}`,
  });
}

/** Says why a message waits: `waits: the board sleeps until 14:05`. */
function waits({ asleep }: Board): string {
  if (!asleep || asleep.overslept) return vscode.l10n.t('waits: the board is away');
  const time = shownMinute(asleep.until, Date.now());
  return vscode.l10n.t('waits: the board sleeps until {0}', time);
}

async function filter({ messages }: Needs<'messages'>): Promise<void> {
  const { text } = messages.filter;
  const wanted = await showInputBox({
    title: vscode.l10n.t('Show which messages?'),
    prompt: vscode.l10n.t("Part of a board's name or of a message"),
    value: text,
  });
  if (wanted === undefined) return;
  await messages.setText(wanted.trim());
}

async function exportMessages({ messages }: Needs<'messages'>): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, 'messages.csv') } : {}),
    filters: { CSV: ['csv'], JSON: ['json'] },
    title: vscode.l10n.t('Export messages'),
    saveLabel: vscode.l10n.t('Export'),
  });
  if (!uri) return;
  const content = await messages.content(/\.json$/i.test(uri.path) ? 'json' : 'csv');
  await saveFile(uri, content);
}
