import type * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import { UsageError } from '../core/errors';
import type { BoardResult } from '../core/many/results';
import type { SelectableBoard } from '../core/many/selectableBoard';
import type { ViewContext } from './context';

/** A board as other extensions see it. Plain data: ask again for what it is now. */
export interface ApiBoard {
  /** Stable while the board is known; what the other calls take. */
  readonly id: string;
  /** For display; need not be unique. */
  readonly name: string;
  /** machine.unique_id() in lower-case hex, once it is known. */
  readonly uid?: string;
  readonly platform?: string;
  /** disconnected, offline, online, connecting, connected, idle, running, busy or reconnecting. */
  readonly state: string;
  readonly tags: readonly string[];
  readonly addresses: readonly string[];
}

export interface ApiRunOptions {
  readonly signal?: AbortSignal;
  /** What becomes of a program that runs on a board; `leave` (the default) makes that board fail. */
  readonly programs?: 'leave' | 'stop' | 'stopAndRestart';
}

/**
 * What this extension offers to others: `extensions.getExtension('micropython-fleet.micropython-fleet').activate()` gives it
 * as `v1`. Within a major version nothing is taken away. docs/api.md tells more.
 */
export interface FleetApiV1 {
  /** All boards that are in the tree. */
  boards(): readonly ApiBoard[];
  /** Boards by names, hostlists, patterns, tags and groups, and the names that no board answers to. */
  select(selector: string): {
    readonly boards: readonly ApiBoard[];
    readonly unmatched: readonly string[];
  };
  /** Boards came, went or changed. Many at once are told once. */
  readonly onDidChange: vscode.Event<void>;
  /** Runs Python code on boards (ids) and gives an answer for each; shown in the Results view too. Never rejects for a board. */
  run(
    ids: readonly string[],
    code: string,
    options?: ApiRunOptions,
  ): Promise<readonly BoardResult[]>;
  /** The content of a file on a board. The user is asked before a running program is stopped. */
  readFile(id: string, path: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** Writes a file: beside the old one, verified by hash, then renamed. */
  writeFile(id: string, path: string, content: Uint8Array, signal?: AbortSignal): Promise<void>;
}

/** Changes of boards are told at most so often, in milliseconds. */
const TELL_MS = 100;

/** Makes the API. `events` is VS Code's EventEmitter, given so that this module needs nothing of VS Code when it loads. */
export function createApi(context: ViewContext, changed: vscode.EventEmitter<void>): FleetApiV1 {
  const { fleet, many } = context;
  let timer: NodeJS.Timeout | undefined;
  const tell = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      changed.fire();
    }, TELL_MS);
  };
  context.extension.subscriptions.push(
    changed,
    fleet.onDidChangeBoard(tell),
    fleet.onDidChangeList(tell),
    { dispose: () => clearTimeout(timer) },
  );
  const byId = (id: string): Board => {
    const board = fleet.byId(id);
    if (board) return board;
    throw new UsageError(`No board has the id "${id}"`, {
      hint: 'Ids come from boards() or select().',
    });
  };
  return {
    boards: () => many.selectable().map(apiBoard),
    select: (selector) => {
      const { boards, unmatched } = many.select(selector);
      return { boards: boards.map(apiBoard), unmatched };
    },
    onDidChange: changed.event,
    run: async (ids, code, options = {}) => {
      const action = { kind: 'exec', code, label: 'code of another extension' } as const;
      const { programs = 'leave', signal } = options;
      return (await many.jobs.run(action, ids.map(byId), programs, { signal })).results;
    },
    readFile: (id, path, signal) => byId(id).files.read(path, { signal }),
    writeFile: (id, path, content, signal) => byId(id).files.write(path, content, { signal }),
  };
}

function apiBoard(entry: SelectableBoard): ApiBoard {
  const { board, name, uid, platform, state, tags, addresses } = entry;
  return { id: board.id, name, uid, platform, state, tags, addresses };
}
