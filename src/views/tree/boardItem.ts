import * as vscode from 'vscode';
import { shortPlace, type Address, fullPlace } from '../../core/address';
import {
  type Board,
  bytesText,
  type Lent,
  type Link,
  type StateWord,
  wordOf,
} from '../../core/board';
import { ConnectError } from '../../core/errors';
import { shownPath } from '../../core/files';
import { allTags, type KnownTags, selectableOf } from '../../core/many';
import { boardMinute } from '../../core/timeText';
import { shownMinute } from '../../core/shownTime';
import { IN_TREE } from '../boardUris';
import { boardContext, linkIcon, linkName, lookOf, type StateLook } from './boardLook';
import { boardTooltip } from './tooltip';
import type { BoardNode, LinkNode, NoteNode, RemoteNode } from './nodes';

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

/** The contents of a board's row. */
export interface BoardMarks {
  /** Number of jobs that wait for the board to return. */
  readonly jobs: number;
  /** A note about its app that needs attention: `should run hello 2.0.0`. */
  readonly app?: string | undefined;
  /** Newer firmware than it runs: `1.29 is out`. */
  readonly firmware?: string | undefined;
  /** Colleagues use it through this window and a broker. */
  readonly isShared?: boolean;
  /** It is the active board, and there are others. */
  readonly active: boolean;
  /** It announced itself at a broker and is not adopted. */
  readonly isNew?: boolean;
  /** What a device file says of it. */
  readonly lent?: Lent | undefined;
  /** Tags, shown last, except the one that the tree is grouped by. */
  readonly tags: readonly string[];
}

/** Returns a board's row in the tree. The tooltip is created on demand. */
export function boardItem(node: BoardNode, marks: BoardMarks): vscode.TreeItem {
  const { board } = node;
  const look = lookOf(board);
  const open = board.transport !== undefined || board.state.tag === 'online';
  const { alsoIn } = node;
  const opens = alsoIn === undefined && (open || board.links.length > 1);
  const item = new vscode.TreeItem(board.name, opens ? Collapsed : None);
  item.id = alsoIn === undefined ? board.id : `${board.id}|in|${alsoIn}`;
  item.iconPath = themeIcon(look);
  item.description = boardDescription(board, marks);
  item.contextValue = `${boardContext(board)}${marks.isNew ? ' new' : ''}${marks.isShared ? ' shared' : ''}`;
  item.accessibilityInformation = { label: `${board.name}, ${item.description}` };
  return item;
}

/** Returns all tags of a board: the user's, those that its agent reports, and those of its device file. */
export function shownTags(known: KnownTags, board: Board): readonly string[] {
  return allTags(selectableOf(known, board));
}

export function boardTooltipOf(board: Board, tags: readonly string[]): vscode.MarkdownString {
  return boardTooltip(board, stateInFull(board), tags);
}

function boardDescription(board: Board, marked: BoardMarks): string {
  const { jobs, app, firmware, active, lent, tags } = marked;
  const link = activeLink(board);
  const place = link && placesOf(board, link);
  const state = stateOf(board);
  const words = active ? `${vscode.l10n.t('active')} · ${state}` : state;
  const all = [
    ...(marked.isShared ? [vscode.l10n.t('shared')] : []),
    ...(app ? [app] : []),
    ...jobMarks(jobs),
    ...agentMarks(board),
    ...(firmware ? [firmware] : []),
    ...(lent && lent.name !== board.name ? [lent.name] : []),
  ];
  const marks = all.map((mark) => ` · ${mark}`).join('');
  const where = place ? `${marks} · ${place}` : '';
  return `${words}${where}${tags.map((tag) => ` #${tag}`).join('')}`;
}

/**
 * Describes where the board is: `USB ttyACM3`. With several links, only their kinds fit into a row,
 * the active one first: `MQTT, USB`.
 */
function placesOf(board: Board, active: Link): string {
  const others = board.links.filter((l) => l.present && l !== active);
  if (others.length === 0) return placeOf(active.found.address);
  const names = [active, ...others].map((l) => linkName(l.found.address.kind));
  return [...new Set(names)].join(', ');
}

function jobMarks(jobs: number): string[] {
  if (jobs === 0) return [];
  return [jobs === 1 ? vscode.l10n.t('1 job waiting') : vscode.l10n.t('{0} jobs waiting', jobs)];
}

/** A longer place would hide the end of the row in a narrow side bar; the tooltip shows it in full. */
const PLACE_LIMIT = 12;

/**
 * Describes where a board is, for lists that may contain equal names: `USB ttyACM3`, or the end of
 * its id if the place is long.
 */
export function placeWords(board: Board): string | undefined {
  const link = activeLink(board);
  if (!link) return undefined;
  const place = placeOf(link.found.address);
  const isShort = place !== linkName(link.found.address.kind);
  return isShort || !board.uid ? place : `${place} …${board.uid.slice(-4)}`;
}

function placeOf(address: Address): string {
  const place = shortPlace(address);
  const kind = linkName(address.kind);
  return place.length > PLACE_LIMIT ? kind : `${kind} ${place}`;
}

/**
 * Warnings about a board's agent: anyone on the broker may command it, or it runs without its
 * program.
 */
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

/** Returns the open link, else the first that can be tried, else the first. */
export function activeLink(board: Board): Link | undefined {
  const open = board.transport?.address.text;
  return (
    board.links.find((l) => l.found.address.text === open) ??
    board.links.find((l) => l.present) ??
    board.links[0]
  );
}

/**
 * Returns a board's state in a word or two, for rows and the status bar: the job, a short reason, or the state's
 * name.
 */
export function stateOf(board: Board): string {
  const { state, crash, asleep } = board;
  if (state.tag === 'busy') return state.job;
  const word = wordOf(board);
  if (asleep) {
    const time = shownMinute(asleep.until, Date.now());
    return asleep.overslept
      ? vscode.l10n.t('away, should have woken up at {0}', time)
      : vscode.l10n.t('asleep until {0}', time);
  }
  if (word === 'crashed' && crash && crash.count > 1) {
    return vscode.l10n.t('crashed {0} times', crash.count);
  }
  if (word === 'not connected' && state.tag === 'disconnected' && state.error) {
    return reason(state.error);
  }
  return stateName(word);
}

/** Explains why there is no link, in few words for a row. The tooltip has the full sentence. */
function reason(error: Error): string {
  switch (error instanceof ConnectError ? error.reason : 'other') {
    case 'busy':
      return vscode.l10n.t('not connected: in use');
    case 'permission':
      return vscode.l10n.t('not connected: no permission');
    case 'notABoard':
    case 'noAnswer':
      return vscode.l10n.t('not connected: no answer');
    case 'wrongPassword':
    case 'passwordNeeded':
      return vscode.l10n.t('not connected: password');
    case 'refused':
    case 'notFound':
      return vscode.l10n.t('not connected: not found');
    default:
      return vscode.l10n.t('not connected: failed');
  }
}

/** Describes a board's state with all details. */
export function stateInFull(board: Board): string {
  const { state, crash } = board;
  const more = 'error' in state && state.error ? state.error.message : crash?.last;
  return more === undefined ? stateOf(board) : `${stateOf(board)}. ${more}`;
}

/** Returns a state's name in the user's language. */
export function stateName(word: string): string {
  switch (word as StateWord) {
    case 'ready':
      return vscode.l10n.t('ready');
    case 'running':
      return vscode.l10n.t('running');
    case 'connected':
      return vscode.l10n.t('connected');
    case 'busy':
      return vscode.l10n.t('busy');
    case 'connecting':
      return vscode.l10n.t('connecting…');
    case 'reconnecting':
      return vscode.l10n.t('reconnecting');
    case 'online':
      return vscode.l10n.t('online');
    case 'away':
      return vscode.l10n.t('away');
    case 'asleep':
      return vscode.l10n.t('asleep');
    case 'crashed':
      return vscode.l10n.t('crashed');
    case 'not connected':
      return vscode.l10n.t('not connected');
  }
}

function themeIcon(look: StateLook): vscode.ThemeIcon {
  return new vscode.ThemeIcon(
    look.icon,
    look.color ? new vscode.ThemeColor(look.color) : undefined,
  );
}

/** Returns the row of one link of a board that has several. */
export function linkItem({ board, link }: LinkNode): vscode.TreeItem {
  const { kind, text } = link.found.address;
  const active = board.transport?.address.text === text;
  const item = new vscode.TreeItem(linkName(kind), None);
  item.id = `${board.id}|link|${text}`;
  const state = active
    ? vscode.l10n.t('in use')
    : link.present
      ? vscode.l10n.t('available')
      : vscode.l10n.t('away');
  item.description = `${state} · ${fullPlace(link.found.address)}`;
  item.iconPath = new vscode.ThemeIcon(
    linkIcon(kind),
    active ? new vscode.ThemeColor('charts.green') : undefined,
  );
  item.contextValue = `link ${active ? 'active' : link.present ? 'available' : 'away'}`;
  return item;
}

/** Returns the row of a file or folder on a board. */
export function remoteItem(node: RemoteNode, uri: vscode.Uri): vscode.TreeItem {
  const { entry } = node;
  const isDir = entry.type === 'dir';
  const item = new vscode.TreeItem(shownPath(entry.name), isDir ? Collapsed : None);
  item.id = `${node.board.id}|file|${node.path}|${entry.type}`;
  item.resourceUri = uri.with({ fragment: IN_TREE }); // without the mark of its tab
  item.iconPath = isDir ? vscode.ThemeIcon.Folder : vscode.ThemeIcon.File;
  item.contextValue = isDir
    ? 'remote dir'
    : `remote file${/\.py$/i.test(entry.name) ? ' python' : ''}`;
  const date = entry.mtime === undefined ? undefined : boardMinute(entry.mtime);
  item.tooltip =
    date === undefined
      ? node.path
      : `${node.path}\n${vscode.l10n.t("Changed {0} by the board's clock", date)}`;
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
