import * as vscode from 'vscode';
import { parseServer } from '../../core/store';
import type { Needs } from '../../views/context';
import { showInformationMessage, showInputBox, withProgress } from '../../views/message';
import { adviceOf } from '../problemOf';

/**
 * Asks for a PostgreSQL server and its password, uses it for the history from now on, and tries it.
 * @throws StoreError if the server cannot be used; the setting stays, so that the user can correct it
 */
export async function setHistoryServer({
  history,
  settings,
}: Needs<'settings' | 'history'>): Promise<void> {
  const text = await showInputBox({
    title: vscode.l10n.t('PostgreSQL server for the history'),
    prompt: vscode.l10n.t('Its address without a password. Empty: the file on this computer.'),
    placeHolder: 'postgres://user@host:5432/database',
    value: settings.get('history.server'),
    validateInput: (value) =>
      value.trim() === '' ? undefined : adviceOf(() => parseServer(value)),
  });
  if (text === undefined) return;
  if (text.trim() === '') {
    await settings.set('history.server', '');
    void showInformationMessage(vscode.l10n.t('The history is kept in a file on this computer.'));
    return;
  }
  const { text: address, login, place } = parseServer(text);
  const password = await showInputBox({
    title: vscode.l10n.t('Password of {0}', login),
    prompt: vscode.l10n.t(
      "Stored in this computer's secret storage. Empty: the server asks for none.",
    ),
    password: true,
  });
  if (password === undefined) return;
  await history.setPassword(login, password);
  await settings.set('history.server', address);
  await history.store.reopen(); // the address may be the same, with only another password
  const title = vscode.l10n.t('Connecting to {0}', place);
  await withProgress({ location: vscode.ProgressLocation.Notification, title }, async () =>
    history.store.knownSource('', ''),
  );
  void showInformationMessage(vscode.l10n.t('The history is kept on {0}.', place));
}
