import * as vscode from 'vscode';
import { folderOf, isTreeNode, type RemoteNode, type TreeNode } from './nodes';

/** Private type for what is dragged within the tree: `application/vnd.code.tree.<view id in lower case>`. */
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

  /** The work is done by commands, whose wrapper shows progress, asks and tells of errors. */
  async handleDrop(target: TreeNode | undefined, data: vscode.DataTransfer): Promise<void> {
    if (!target || target.kind === 'otherPorts' || target.kind === 'group') return;
    const own: unknown = data.get(OWN_TYPE)?.value;
    if (Array.isArray(own) && own.every(isTreeNode)) {
      await vscode.commands.executeCommand('mpyFleet.moveInto', target, folderOf(target), own);
      return;
    }
    const uris = await droppedUris(data);
    if (uris.length > 0)
      await vscode.commands.executeCommand('mpyFleet.uploadInto', target, folderOf(target), uris);
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
