import type * as vscode from 'vscode';
import type { Fleet } from '../core/board/fleet';
import type { KnownBoards } from '../core/board/knownBoards';
import type { ActiveBoard } from './activeBoard';
import type { BoardUris } from './boardUris';
import type { BrokerCenter } from './broker/brokerCenter';
import type { BoardLogs } from './logs/boardLogs';
import type { DemoBoards } from './demoBoards';
import type { FileChanges } from './fileChanges';
import type { PackageCenter } from './packages/packageCenter';
import type { Origins } from './origins';
import type { ReplLogs } from './repl/replLogs';
import type { Terminals } from './repl/terminals';
import type { Many } from './results/many';
import type { Runs } from './runs';
import type { Settings } from './settings';
import type { SyncCenter } from './sync/syncCenter';
import type { Arrangement } from './tree/arrangement';
import type { BoardTree } from './tree/boardTree';
import type { WebReplAccess } from './webrepl/webReplAccess';

/**
 * What views and commands work with. Composed once in extension.ts and handed to every `register(context)`; there are
 * no singletons and no module state.
 */
export interface ViewContext {
  readonly extension: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly settings: Settings;
  readonly fleet: Fleet;
  readonly known: KnownBoards;
  /** The board that commands mean when nothing else says which. */
  readonly active: ActiveBoard;
  /** `mpy://` URIs <-> boards. */
  readonly uris: BoardUris;
  /** Local files that the files on boards came from. */
  readonly origins: Origins;
  /** Fired whenever a file verb has changed something on a board. */
  readonly fileChanges: FileChanges;
  /** Which boards the tree shows, and in which groups. */
  readonly arrangement: Arrangement;
  readonly tree: BoardTree;
  readonly terminals: Terminals;
  readonly brokers: BrokerCenter;
  /** Logs of boards behind brokers. */
  readonly boardLogs: BoardLogs;
  readonly demos: DemoBoards;
  readonly replLogs: ReplLogs;
  /** Passwords of WebREPL boards. */
  readonly webRepl: WebReplAccess;
  /** Code that runs on boards with its output in the terminal. */
  readonly runs: Runs;
  /** Jobs on many boards, their results, groups and measurements. */
  readonly many: Many;
  /** Syncs and comparisons, and what the Sync view shows. */
  readonly sync: SyncCenter;
  /** Packages: the index, and what is installed on boards. */
  readonly packages: PackageCenter;
}

/** A view: subscribes to what it shows; disposing the answer takes it away. */
export type Register = (context: ViewContext) => vscode.Disposable;
