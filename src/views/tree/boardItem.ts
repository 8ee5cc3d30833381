import * as vscode from 'vscode';
import { shortPlace, type Address } from '../../core/address';
import type { Board, Link } from '../../core/board/board';
import type { BoardState } from '../../core/board/boardState';
import { boardContext, linkIcon, linkName, stateLook, type StateLook } from './boardLook';
import { boardTooltip } from './tooltip';
import type { BoardNode, LinkNode, NoteNode, RemoteNode } from './nodes';
import { bytesText } from '../../core/board/boardInfoText';

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

/** A board as a line of the tree. The tooltip is made when it is asked for. `jobs`: how many wait for it to come back. */
export function boardItem(node: BoardNode, jobs: number): vscode.TreeItem {
  const { board } = node;
  const look = stateLook(board.state, board.present);
  const open = board.transport !== undefined || board.state.tag === 'online';
  const { alsoIn } = node;
  const opens = alsoIn === undefined && (open || board.links.length > 1);
  const item = new vscode.TreeItem(board.name, opens ? Collapsed : None);
  item.id = alsoIn === undefined ? board.id : `${board.id}|in|${alsoIn}`;
  item.iconPath = themeIcon(look);
  item.description = boardDescription(board, jobs);
  item.contextValue = boardContext(board);
  item.accessibilityInformation = { label: `${board.name}, ${item.description}` };
  return item;
}

export function boardTooltipOf(board: Board, tags: readonly string[]): vscode.MarkdownString {
  return boardTooltip(board, stateWords(board.state, board.present), tags);
}

function boardDescription(board: Board, jobs: number): string {
  const link = activeLink(board);
  const place = link && placeOf(link.found.address);
  const words = stateWords(board.state, board.present);
  const more = board.links.length > 1 ? ` +${board.links.length - 1}` : '';
  const marks = [...jobMarks(jobs), ...agentMarks(board)].map((mark) => ` · ${mark}`).join('');
  return place ? `${words}${marks} · ${place}${more}` : words;
}

function jobMarks(jobs: number): string[] {
  if (jobs === 0) return [];
  return [jobs === 1 ? vscode.l10n.t('1 job waits') : vscode.l10n.t('{0} jobs wait', jobs)];
}

/** A longer place would push the row's end out of a side bar of usual width; the tooltip has it in full. */
const PLACE_LIMIT = 12;

function placeOf(address: Address): string {
  const place = shortPlace(address);
  const kind = linkName(address.kind);
  return place.length > PLACE_LIMIT ? kind : `${kind} ${place}`;
}

/** What must be seen of a board's agent: whoever reaches the broker may command it; it runs without its program. */
function agentMarks(board: Board): string[] {
  const details = board.links.flatMap((l) =>
    l.present && l.found.details ? [l.found.details] : [],
  );
  return [
    ...(details.some((d) => d.mode === 'open') ? [vscode.l10n.t('open mode')] : []),
    ...(details.some((d) => d.safe !== undefined) ? [vscode.l10n.t('safe mode')] : []),
    ...(details.some((d) => d.trial !== undefined) ? [vscode.l10n.t('on trial')] : []),
  ];
}

/** The open link, else the first that could be tried, else the first. */
export function activeLink(board: Board): Link | undefined {
  const open = board.transport?.address.text;
  return (
    board.links.find((l) => l.found.address.text === open) ??
    board.links.find((l) => l.present) ??
    board.links[0]
  );
}

/** A state in the user's language, with what is known of it. */
export function stateWords(state: BoardState, present: boolean): string {
  const { word } = stateLook(state, present);
  if (state.tag === 'busy') return state.job;
  if (word === 'failed' && state.tag === 'disconnected') {
    return vscode.l10n.t('not connected: {0}', state.error?.message ?? '');
  }
  return stateName(word);
}

/** A state's name in the user's language: a word of StateLook, or of `state:` selectors. */
export function stateName(word: string): string {
  const t = vscode.l10n.t;
  switch (word) {
    case 'idle':
      return t('ready');
    case 'running':
      return t('program running');
    case 'connected':
      return t('connected');
    case 'busy':
      return t('busy');
    case 'connecting':
      return t('connecting…');
    case 'reconnecting':
      return t('waiting for it to come back');
    case 'online':
      return t('online');
    case 'away':
    case 'offline':
      return t('away');
    default:
      return t('not connected');
  }
}

function themeIcon(look: StateLook): vscode.ThemeIcon {
  return new vscode.ThemeIcon(
    look.icon,
    look.color ? new vscode.ThemeColor(look.color) : undefined,
  );
}

/** One link of a board that has several. */
export function linkItem({ board, link }: LinkNode): vscode.TreeItem {
  const { kind, rest, text } = link.found.address;
  const active = board.transport?.address.text === text;
  const item = new vscode.TreeItem(linkName(kind), None);
  item.id = `${board.id}|link|${text}`;
  const state = active
    ? vscode.l10n.t('in use')
    : link.present
      ? vscode.l10n.t('available')
      : vscode.l10n.t('away');
  item.description = `${state} · ${rest}`;
  item.iconPath = new vscode.ThemeIcon(
    linkIcon(kind),
    active ? new vscode.ThemeColor('charts.green') : undefined,
  );
  item.contextValue = `link ${active ? 'active' : link.present ? 'available' : 'away'}`;
  return item;
}

/** A file or folder on a board. */
export function remoteItem(node: RemoteNode, uri: vscode.Uri): vscode.TreeItem {
  const { entry } = node;
  const isDir = entry.type === 'dir';
  const item = new vscode.TreeItem(entry.name, isDir ? Collapsed : None);
  item.id = `${node.board.id}|file|${node.path}|${entry.type}`;
  item.resourceUri = uri;
  item.iconPath = isDir ? vscode.ThemeIcon.Folder : vscode.ThemeIcon.File;
  item.contextValue = isDir
    ? 'remote dir'
    : `remote file${/\.py$/i.test(entry.name) ? ' python' : ''}`;
  item.tooltip = node.path;
  if (!isDir) {
    item.description = bytesText(entry.size);
    item.command = {
      command: 'vscode.open',
      title: vscode.l10n.t('Open'),
      arguments: [uri],
    };
  }
  return item;
}

export function noteItem(node: NoteNode, board: BoardNode): vscode.TreeItem {
  const item = new vscode.TreeItem(node.label, None);
  item.id = `${node.board.id}|note|${node.label}`;
  item.iconPath = new vscode.ThemeIcon(node.icon);
  item.description = node.description;
  item.contextValue = 'note';
  item.tooltip = node.tooltip ?? node.label;
  if (node.command) {
    item.command = { command: node.command, title: node.label, arguments: [board] };
  }
  return item;
}
