import * as vscode from 'vscode';
import { callCommand } from '../callCommand';
import { SCHEME } from '../boardUris';
import { folderOf, isTreeNode, type RemoteNode, type TreeNode } from './nodes';

/**
 * Private type for items dragged within the tree: `application/vnd.code.tree.<view id in lower
 * case>`.
 */
const OWN_TYPE = 'application/vnd.code.tree.mpyfleet.boards';
const URI_LIST = 'text/uri-list';

/** Files dropped from the Explorer or the desktop are uploaded; nodes dragged within the tree are moved or copied. */
export class BoardDragAndDrop implements vscode.TreeDragAndDropController<TreeNode> {
  readonly dragMimeTypes = [OWN_TYPE];
  readonly dropMimeTypes = [OWN_TYPE, URI_LIST, 'files'];

  handleDrag(source: readonly TreeNode[], data: vscode.DataTransfer): void {
    const nodes = source.filter((node): node is RemoteNode => node.kind === 'remote');
    if (nodes.length > 0) data.set(OWN_TYPE, new vscode.DataTransferItem(nodes));
  }

  /**
   * Runs commands for the drop: their wrapper shows progress, asks questions and reports errors.
   */
  async handleDrop(target: TreeNode | undefined, data: vscode.DataTransfer): Promise<void> {
    if (!target || !('board' in target)) return;
    const own: unknown = data.get(OWN_TYPE)?.value;
    if (Array.isArray(own) && own.every(isTreeNode)) {
      await callCommand('mpyFleet.moveInto', target, folderOf(target), own);
      return;
    }
    const uris = await droppedUris(data);
    const onBoards = uris.filter((uri) => uri.scheme === SCHEME);
    const local = uris.filter((uri) => uri.scheme !== SCHEME);
    const folder = folderOf(target);
    // A drop that arrives before handleDrag has answered contains only the addresses of its rows.
    if (onBoards.length > 0) await callCommand('mpyFleet.moveInto', target, folder, onBoards);
    if (local.length > 0) await callCommand('mpyFleet.uploadInto', target, folder, local);
  }
}

async function droppedUris(data: vscode.DataTransfer): Promise<vscode.Uri[]> {
  const list = (await data.get(URI_LIST)?.asString()) ?? '';
  const uris = list
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => vscode.Uri.parse(line, true));
  if (uris.length > 0) return uris;
  const files: vscode.Uri[] = [];
  for (const [, item] of data) {
    const uri = item.asFile()?.uri;
    if (uri) files.push(uri);
  }
  return files;
}
