import type * as vscode from 'vscode';
import type { Board } from '../core/board';
import { UsageError } from '../core/errors';
import { allTags, type BoardResult, type SelectableBoard } from '../core/many';
import {
  type ApiMessage,
  apiMessages,
  type ApiMessageQuery,
  apiSend,
  type ApiSent,
} from './apiMessages';
import type { Needs } from './context';

/** A board for other extensions. Plain data: query again for its current state. */
export interface ApiBoard {
  /** Stable while the board is known. Other calls take this id. */
  readonly id: string;
  /** For display; need not be unique. */
  readonly name: string;
  /** machine.unique_id() in lower-case hex, once it is known. */
  readonly uid?: string;
  readonly platform?: string;
  /** disconnected, offline, online, connecting, connected, idle, running, busy or reconnecting. */
  readonly state: string;
  /** The user's tags, those that its agent reports, and those of its device file. */
  readonly tags: readonly string[];
  readonly addresses: readonly string[];
}

export interface ApiRunOptions {
  readonly signal?: AbortSignal;
  /** What to do with a running program; `leave` (the default) reports an error for that board. */
  readonly programs?: 'leave' | 'stop' | 'stopAndRestart';
}

/**
 * The public API: `extensions.getExtension('micropython-fleet.micropython-fleet').activate()`
 * returns it as `v1`. Within a major version nothing is removed. See docs/api.md.
 */
export interface FleetApiV1 {
  /** Returns all boards that are in the tree. */
  boards(): readonly ApiBoard[];
  /**
   * Resolves names, hostlists, patterns, tags and groups. Also returns the names that match no
   * board.
   */
  select(selector: string): {
    readonly boards: readonly ApiBoard[];
    readonly unmatched: readonly string[];
  };
  /** Boards were added, removed or changed. Simultaneous changes are reported once. */
  readonly onDidChange: vscode.Event<void>;
  /** Runs Python code on boards (by id) and returns an answer for each. The Results view shows it too. Never rejects because of a board. */
  run(
    ids: readonly string[],
    code: string,
    options?: ApiRunOptions,
  ): Promise<readonly BoardResult[]>;
  /** Reads a file on a board. The user is asked before a running program is stopped. */
  readFile(id: string, path: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** Writes a file: to a temporary name, verified by hash, then renamed. */
  writeFile(id: string, path: string, content: Uint8Array, signal?: AbortSignal): Promise<void>;
  /**
   * Returns messages that apps of boards have sent and the history has stored, in the order of
   * time.
   */
  messages(query?: ApiMessageQuery): Promise<readonly ApiMessage[]>;
  /**
   * Sends a message to the app of a board and waits up to 15 s for its answer. A board that is away
   * gets it later.
   */
  sendMessage(id: string, text: string, signal?: AbortSignal): Promise<ApiSent>;
}

/** Minimum interval, in milliseconds, between two change events. */
const TELL_MS = 100;

/**
 * Creates the API. `events` is VS Code's EventEmitter, passed in so that this module does not load
 * `vscode`.
 */
export function createApi(
  context: Needs<'extension' | 'fleet' | 'brokers' | 'history' | 'apps' | 'many'>,
  changed: vscode.EventEmitter<void>,
): FleetApiV1 {
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
    messages: async (query = {}) => apiMessages(context, query, query.ids?.map(byId)),
    sendMessage: async (id, text, signal) => apiSend(context, byId(id), text, signal),
  };
}

function apiBoard(entry: SelectableBoard): ApiBoard {
  const { board, name, uid, platform, state, addresses } = entry;
  return { id: board.id, name, uid, platform, state, tags: allTags(entry), addresses };
}
