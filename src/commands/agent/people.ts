import * as vscode from 'vscode';
import {
  type BoardKey,
  checkKeyName,
  giveKey,
  grantsOf,
  keyLabel,
  MIN_PASSPHRASE,
  keyText,
  openKeys,
  withoutLesser,
  revokePerson,
  sealKeys,
} from '../../core/agent';
import type { Board } from '../../core/board';
import { text } from '../../core/bytes';
import { CancelledError, UsageError } from '../../core/errors';
import type { ActionIo } from '../../core/many';
import { agentOf } from '../../views/broker';
import type { Needs } from '../../views/context';
import { showInformationMessage, showInputBox } from '../../views/message';
import { saveFile } from '../../views/saveFile';
import { askRole } from './askRole';
import { confirm } from '../confirm';
import { problemOf } from '../problemOf';
import { namesOf } from '../summary';
import type { Command } from '../types';

/** The services that most functions here use. */
type Services = Needs<'brokers' | 'history' | 'many'>;

/** Commands for keys of people on many boards: give, revoke, list, and exchange in sealed files. */
export const peopleCommands: readonly Command[] = [
  { id: 'giveKeys', needs: 'boards', which: 'any', run: give },
  { id: 'revokeKeys', needs: 'boards', which: 'any', run: revoke },
  { id: 'showKeys', needs: 'boards', which: 'any', run: show },
  { id: 'exportKeys', needs: 'boards', which: 'any', run: exportKeys },
  { id: 'importKeys', needs: 'nothing', run: importKeys },
];

async function give(context: Services, boards: readonly Board[]): Promise<void> {
  const name = await askPerson(vscode.l10n.t('Who gets a key of {0}?', namesOf(boards)));
  const role = name && (await askRole(namesOf(boards)));
  if (!role) return;
  const file = await askFile(`${name}.keys`);
  const passphrase = file && (await askNewPassphrase());
  if (!passphrase) return;
  const ring = new Map<string, BoardKey>();
  await onEvery(
    context,
    boards,
    vscode.l10n.t('Give {0} a key', name),
    async (board, { signal }) => {
      const { control, uid, own } = await adminOf(context, board);
      const { key, how } = await giveKey(control, own, { uid, role, name }, signal);
      ring.set(uid, key);
      return how;
    },
  );
  await save(file, ring, passphrase);
}

async function revoke(context: Services, boards: readonly Board[]): Promise<void> {
  const name = await askPerson(vscode.l10n.t('Revoke whose keys of {0}?', namesOf(boards)));
  if (!name) return;
  const yes = vscode.l10n.t('Revoke');
  const asked = vscode.l10n.t('Revoke the keys of {0} on {1}?', name, namesOf(boards));
  const detail = vscode.l10n.t(
    'Open connections that use these keys end. Boards that are away are informed by their broker when they connect.',
  );
  await confirm(asked, yes, detail);
  const title = vscode.l10n.t('Revoke the keys of {0}', name);
  await onEvery(context, boards, title, async (board, { signal }) => {
    const { control, own } = await adminOf(context, board);
    return revokePerson(control, own, name, signal);
  });
}

/** Lists who can reach which boards. Boards with the same people share one row of the results. */
async function show(context: Services, boards: readonly Board[]): Promise<void> {
  await onEvery(context, boards, vscode.l10n.t('Who has keys'), async (board, io) => {
    const { control } = agentOf(context, board);
    const grants = grantsOf(await control.config(io.signal));
    for (const grant of grants) io.print(`${keyLabel(grant)}\n`);
    return undefined;
  });
}

async function exportKeys(context: Needs<'brokers'>, boards: readonly Board[]): Promise<void> {
  const ring = new Map<string, BoardKey>();
  for (const { uid } of boards) {
    const key = uid && (await context.brokers.secrets.boardKey(uid));
    if (key) ring.set(uid, key);
  }
  if (ring.size === 0) {
    throw new UsageError(vscode.l10n.t('This computer has no key of {0}', namesOf(boards)));
  }
  const file = await askFile('boards.keys');
  const passphrase = file && (await askNewPassphrase());
  if (passphrase) await save(file, ring, passphrase);
}

async function importKeys({ brokers }: Needs<'brokers'>): Promise<void> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Import keys from which file?'),
      filters: { [vscode.l10n.t('Key files')]: ['keys'] },
    })) ?? [];
  if (!file) return;
  const sealed = text(await vscode.workspace.fs.readFile(file));
  const passphrase = await showInputBox({
    title: vscode.l10n.t('Passphrase of the key file'),
    password: true,
  });
  if (!passphrase) return;
  const ring = await openKeys(sealed, passphrase);
  const { secrets } = brokers;
  const { take } = await withoutLesser(ring, (uid) => secrets.boardKey(uid));
  for (const [uid, key] of take) {
    const own = await secrets.boardKey(uid);
    if (own && keyText(own) !== keyText(key)) await secrets.keepPreviousKey(uid, own);
    await secrets.setBoardKey(uid, key);
  }
  void showInformationMessage(
    take.size === 1
      ? vscode.l10n.t('Keys of 1 board imported')
      : vscode.l10n.t('Keys of {0} boards imported', take.size),
  );
}

/**
 * Runs `run` on all boards and shows the results. Boards that are not connected are included, because settings without secrets
 * wait for them at their broker.
 */
async function onEvery(
  context: Needs<'many'>,
  boards: readonly Board[],
  title: string,
  run: (board: Board, io: ActionIo) => Promise<'set' | 'left' | undefined>,
): Promise<void> {
  const work = async (board: Board, io: ActionIo) => {
    const how = await run(board, io);
    if (how === 'left') io.print(`${vscode.l10n.t('away; it receives this when it connects')}\n`);
  };
  await vscode.commands.executeCommand('mpyFleet.results.focus');
  await context.many.jobs.run({ kind: 'work', title, work }, boards, 'leave');
}

async function adminOf(context: Needs<'brokers' | 'history'>, board: Board) {
  const { control, uid } = agentOf(context, board);
  return { control, uid, own: await context.brokers.secrets.boardKey(uid) };
}

function askPerson(title: string): Thenable<string | undefined> {
  return showInputBox({
    title,
    prompt: vscode.l10n.t('A short name, such as ann or ci'),
    validateInput: (name) => problemOf(() => checkKeyName(name)),
  });
}

async function askNewPassphrase(): Promise<string | undefined> {
  const passphrase = await showInputBox({
    title: vscode.l10n.t('Passphrase of the key file'),
    prompt: vscode.l10n.t('Send the file and the passphrase to the recipient in different ways.'),
    password: true,
    validateInput: (typed) =>
      typed.length < MIN_PASSPHRASE
        ? vscode.l10n.t('Use at least {0} characters.', MIN_PASSPHRASE)
        : undefined,
  });
  if (passphrase === undefined) throw new CancelledError();
  return passphrase;
}

async function askFile(name: string): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return vscode.window.showSaveDialog({
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, name) } : {}),
    filters: { [vscode.l10n.t('Key files')]: ['keys'] },
    title: vscode.l10n.t('Write the sealed keys to which file?'),
  });
}

async function save(
  file: vscode.Uri,
  ring: ReadonlyMap<string, BoardKey>,
  passphrase: string,
): Promise<void> {
  if (ring.size === 0) return;
  await saveFile(file, await sealKeys(ring, passphrase));
  void showInformationMessage(
    ring.size === 1
      ? vscode.l10n.t('Keys of 1 board are in the sealed file')
      : vscode.l10n.t('Keys of {0} boards are in the sealed file', ring.size),
  );
}
