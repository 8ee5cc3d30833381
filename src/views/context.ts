import type { FlashPortFactory } from '../core/flash';
import type * as vscode from 'vscode';
import type { Fleet, KnownBoards, PortHint } from '../core/board';
import type { ActiveBoard } from './activeBoard';
import type { Adoption } from './adoption';
import type { AppCenter } from './apps/appCenter';
import type { AppVersions } from './apps/appVersions';
import type { MessagesPanel } from './apps/messagesPanel';
import type { TopicWatch } from './broker';
import type { BoardUris } from './boardUris';
import type { BrokerCenter, FarDemo } from './broker';
import type { BoardLogs } from './logs/boardLogs';
import type { DemoBoards } from './demoBoards';
import type { Focus } from './focus';
import type { History } from './history/history';
import type { FileChanges } from './fileChanges';
import type { PackageCenter } from './packages/packageCenter';
import type { NewestRelease } from './newestRelease';
import type { Notebooks } from './notebook';
import type { Origins } from './origins';
import type { Questions } from './questions';
import type { OpenLine } from './productionLine/openLine';
import type { ReplLogs } from './repl/replLogs';
import type { Terminals } from './repl/terminals';
import type { Many } from './results/many';
import type { Runs } from './runs';
import type { ScriptCenter } from './scripts/scriptCenter';
import type { Shares } from './sharing/shares';
import type { Settings } from './settings';
import type { SyncCenter } from './sync';
import type { Arrangement, BoardTree } from './tree';
import type { WebReplAccess } from './webrepl/webReplAccess';

/**
 * Services for views and commands. compose.ts creates them once and passes them to every
 * `register(context)`; there are no singletons and no module state.
 */
export interface ViewContext {
  readonly extension: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly settings: Settings;
  readonly fleet: Fleet;
  readonly known: KnownBoards;
  /** The board for commands that are called without one. */
  readonly active: ActiveBoard;
  /** What the user focused last. */
  readonly focus: Focus;
  /** `mpy://` URIs <-> boards. */
  readonly uris: BoardUris;
  /** Local files that the files on boards came from. */
  readonly origins: Origins;
  /** Fired whenever a file verb has changed something on a board. */
  readonly fileChanges: FileChanges;
  /** Which boards the tree shows, and in which groups. */
  readonly arrangement: Arrangement;
  readonly tree: BoardTree;
  /** The boards on cables of this window that colleagues use. */
  readonly shares: Shares;
  /** Which boards at brokers are the user's own. */
  readonly adoption: Adoption;
  readonly terminals: Terminals;
  readonly brokers: BrokerCenter;
  /** Logs of boards behind brokers. */
  readonly boardLogs: BoardLogs;
  /** Serial ports for writing firmware. */
  readonly flashPort: FlashPortFactory;
  /** Reasons why a board's port may be missing on this computer, the likeliest first. */
  readonly portHints: () => Promise<readonly PortHint[]>;
  /** The production line of this window, if one is open. */
  readonly line: OpenLine;
  /** The newest firmware that the catalogue has shown. */
  readonly newest: NewestRelease;
  readonly demos: DemoBoards;
  /** The simulated board behind the local broker. */
  readonly farDemo: FarDemo;
  /** Telemetry, events and operations, kept beyond the window. */
  readonly history: History;
  /** Apps on boards, their messages, and messages to them. */
  readonly apps: AppCenter;
  /** Which version of its app each board runs, and which one it should run. */
  readonly appVersions: AppVersions;
  /** The panel with the messages of apps. */
  readonly messages: MessagesPanel;
  /** The topics that the user watches. */
  readonly topics: TopicWatch;
  /** Kept scripts, and the schedules of this computer and of boards. */
  readonly scripts: ScriptCenter;
  /** Questions to the user that arise during work on boards. */
  readonly questions: Questions;
  readonly replLogs: ReplLogs;
  /** Passwords of WebREPL boards. */
  readonly webRepl: WebReplAccess;
  /** Runs code on boards and shows its output in the terminal. */
  readonly runs: Runs;
  /** Jobs on many boards, their results, groups and measurements. */
  readonly many: Many;
  /** Syncs, comparisons, and the content of the Sync view. */
  readonly sync: SyncCenter;
  /** Notebooks whose cells run on boards. */
  readonly notebooks: Notebooks;
  /** The package index, and the packages installed on boards. */
  readonly packages: PackageCenter;
}

/** The services that a function uses, as `Needs<'fleet' | 'log'>`. Lint reports services that it does not use. */
export type Needs<K extends keyof ViewContext> = Pick<ViewContext, K>;

/** Registers a view, which subscribes to its data. Disposing the result removes it. */
export type Register = (context: ViewContext) => vscode.Disposable;
