import * as vscode from 'vscode';
import { callCommand } from './callCommand';
import { compressHostlist } from '../core/many';
import type { Needs } from './context';
import { Coalescer } from './coalesce';
import { showInformationMessage, showWarningMessage, tellBriefly } from './message';

/** Milliseconds during which new boards are collected into one message. */
const GATHER_MS = 2_000;

/**
 * Offers once to rename boards that were given a name at first contact, unless the user has renamed them meanwhile. A production
 * line gives its boards names.
 */
export function registerNewBoards({
  fleet,
  tree,
  log,
  line,
}: Needs<'log' | 'fleet' | 'tree' | 'line'>): vscode.Disposable {
  const given = new Map<string, string | undefined>();
  const tell = (uids: readonly string[]) => {
    const boards = uids
      .flatMap((uid) => fleet.byUid(uid) ?? [])
      .filter((board) => given.get(board.uid ?? '') === board.name);
    given.clear();
    const [first] = boards;
    if (!first || line.current?.isRunning) return;
    const rename = vscode.l10n.t('Rename…');
    // VS Code cannot take a message back. It says what happened, which a later name does not make wrong.
    const text =
      boards.length === 1
        ? vscode.l10n.t('A new board was named {0}', first.name)
        : vscode.l10n.t('New boards were named {0}', compressHostlist(boards.map((b) => b.name)));
    const offered = boards.map(({ uid, name }) => ({ uid: uid ?? '', name }));
    showInformationMessage(text, rename)
      .then(async (answer) => {
        if (answer !== rename) return;
        // The message may still offer boards that have been renamed.
        const nodes = offered.flatMap(({ uid, name }) => {
          const board = fleet.byUid(uid);
          return board?.name === name ? [tree.nodeOf(board)] : [];
        });
        if (nodes.length > 0) await callCommand('mpyFleet.rename', nodes[0], nodes);
        else tellBriefly(vscode.l10n.t('These boards have been renamed already'));
      })
      .then(undefined, (error: unknown) => log.error('Renaming failed', String(error)));
  };
  const gathered = new Coalescer<string>(GATHER_MS, tell);
  return vscode.Disposable.from(
    gathered,
    fleet.onDidFindShared((shared) => {
      showWarningMessage(
        shared.what === 'uid'
          ? vscode.l10n.t(
              '{0} have the same unique id {1}. They are distinguished by their ports: keep each board on its own port, because names and tags cannot follow them.',
              shared.of.join(', '),
              shared.value,
            )
          : vscode.l10n.t(
              '{0} have the same USB serial number {1}. They are distinguished by their ports and by the ids that the boards report.',
              shared.of.join(', '),
              shared.value,
            ),
      ).then(undefined, (error: unknown) => log.error(String(error)));
    }),
    fleet.onDidName(({ uid, name }) => {
      given.set(uid, name);
      gathered.add(uid);
    }),
  );
}
