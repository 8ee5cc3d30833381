import * as vscode from 'vscode';
import { CancelledError } from '../../core/errors';
import {
  fetchFile,
  parseFileUrl,
  type SavedUrl,
  SavedUrls,
  withoutLogin,
} from '../../core/packages';
import { showInformationMessage, showInputBox } from '../../views/message';
import { showError } from '../../views/showError';
import { folderOf, isTreeNode } from '../../views/tree';
import type { Needs } from '../../views/context';
import { boardsOf, chooseBoards } from '../targets';
import { startJob } from '../fleet';
import { problemOf } from '../problemOf';
import type { Call, Command } from '../types';

/** Commands for files from web addresses. */
export const urlCommands: readonly Command[] = [
  {
    id: 'uploadUrl',
    needs: 'nothing',
    progress: { where: 'notification', title: () => vscode.l10n.t('Downloading') },
    run: uploadUrl,
  },
  { id: 'forgetUrl', needs: 'nothing', run: forget },
];

/** Downloads a file here and puts it on boards, which need no network. */
async function uploadUrl(
  context: Needs<'log' | 'settings' | 'fleet' | 'active' | 'focus' | 'uris' | 'many' | 'packages'>,
  call: Call,
): Promise<void> {
  const saved = new SavedUrls(process.env);
  const chosen = await choose(await saved.list());
  if (!chosen) return;
  const title = vscode.l10n.t('Upload a file from a URL');
  const given = boardsOf(context, call.args);
  const boards = given.length > 0 ? given : await chooseBoards(context, title);
  if (!boards) return;
  const file = parseFileUrl(chosen.url);
  const [row] = call.args;
  const folder = isTreeNode(row) ? folderOf(row) : '/';
  const to = await askPlace(chosen.to ?? `${folder.replace(/\/$/, '')}/${file.name ?? ''}`);
  if (to === undefined) return;
  const path = to.endsWith('/') ? `${to}${file.name ?? ''}` : to;
  call.begin();
  const { content, sha256 } = await fetchFile(context.packages.fetcher, file, {
    signal: call.signal,
    onStale: (since) =>
      context.log.warn(
        `The server cannot be reached; its answer of ${since.toISOString()} is used`,
      ),
  });
  context.log.info(`${withoutLogin(file.url)}: ${content.length} bytes, sha256=${sha256}`);
  const label = vscode.l10n.t('{0} from {1}', path, new URL(file.url).host);
  const job = startJob(context, { kind: 'upload', label, files: [{ path, content }] }, boards);
  if (!('name' in chosen)) offerSave(context, saved, { url: withHash(chosen.url, sha256), to });
  await job;
}

/** Asks for a saved address or another one. */
async function choose(
  all: readonly SavedUrl[],
): Promise<SavedUrl | { readonly url: string; readonly to?: string } | undefined> {
  if (all.length === 0) return askUrl();
  const other = { label: vscode.l10n.t('Another Address…'), saved: undefined };
  const items = all.map((saved) => ({
    label: saved.name,
    description: saved.to ?? '',
    detail: saved.url,
    saved,
  }));
  const picked = await vscode.window.showQuickPick([...items, other], {
    title: vscode.l10n.t('Which file?'),
    matchOnDetail: true,
  });
  return picked && (picked.saved ?? askUrl());
}

async function askUrl(): Promise<{ readonly url: string } | undefined> {
  const url = await showInputBox({
    title: vscode.l10n.t('Address of the file'),
    prompt: vscode.l10n.t(
      'It is downloaded here, then sent to the boards. Append #sha256= and the hash to check the download.',
    ),
    placeHolder: 'https://example.org/font.bin',
    validateInput: (text) => problemOf(() => parseFileUrl(text)),
  });
  return url === undefined ? undefined : { url };
}

async function askPlace(value: string): Promise<string | undefined> {
  return showInputBox({
    title: vscode.l10n.t('Where on the boards?'),
    value,
    prompt: vscode.l10n.t('Missing folders are created.'),
    validateInput: (text) =>
      /^\/.*[^/]$/.test(text)
        ? undefined
        : vscode.l10n.t('Write a path from the root of the board, such as /lib/font.bin.'),
  });
}

/** Offers to save the address. The upload continues without waiting for the answer. */
function offerSave(
  context: Needs<'log'>,
  saved: SavedUrls,
  entry: { readonly url: string; readonly to: string },
): void {
  const save = vscode.l10n.t('Save Address…');
  const ask = async () => {
    const text = vscode.l10n.t('The download has the SHA-256 {0}', entry.url.slice(-64));
    if ((await showInformationMessage(text, save)) !== save) return;
    const name = await showInputBox({
      title: vscode.l10n.t('Name of the address'),
      value: entry.to.slice(entry.to.lastIndexOf('/') + 1).replace(/[^\w.-]/g, '-'),
      prompt: vscode.l10n.t('mpyfleet put url:NAME sends the same file, checked by its SHA-256.'),
    });
    if (name) await saved.save({ name, ...entry });
  };
  ask().catch((error: unknown) => showError(context, error));
}

async function forget(): Promise<void> {
  const saved = new SavedUrls(process.env);
  const all = await saved.list();
  if (all.length === 0) {
    void showInformationMessage(vscode.l10n.t('No addresses are saved'));
    return;
  }
  const picked = await vscode.window.showQuickPick(
    all.map(({ name, url }) => ({ label: name, detail: url })),
    { title: vscode.l10n.t('Forget which address?') },
  );
  if (!picked) throw new CancelledError();
  await saved.forget(picked.label);
}

function withHash(url: string, sha256: string): string {
  return `${url.split('#')[0] ?? url}#sha256=${sha256}`;
}
