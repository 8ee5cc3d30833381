import { dataOf } from '../core/apps';
import type { Board } from '../core/board';
import type { CommandRow } from '../core/store';
import { agentOf } from './broker';
import type { Needs } from './context';

/** A message of an app for other extensions. */
export interface ApiMessage {
  /** machine.unique_id() of the board in lower-case hex. */
  readonly uid: string;
  /** The board's time of sending, in milliseconds since 1970. */
  readonly at: number;
  readonly app: string;
  /** What the app sent. It comes from the board, so check it. */
  readonly data: unknown;
}

export interface ApiMessageQuery {
  /** Ids of boards; without them: all. */
  readonly ids?: readonly string[];
  /** Period in milliseconds since 1970; `to` is exclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Number of the newest messages to return, ordered by time. Default 1,000, at most 10,000. */
  readonly limit?: number;
}

/** The result of a message to an app. */
export interface ApiSent {
  /** queued (the board is away), sent, delivered, done, failed or expired. */
  readonly state: CommandRow['state'];
  readonly reply?: string;
  readonly error?: string;
}

const LIMIT = 1_000;
const MOST = 10_000;
/** Longest wait in milliseconds for the answer of an app. */
const PATIENCE_MS = 15_000;

/** Reads messages of apps from the store. @throws StoreError */
export async function apiMessages(
  { apps }: Needs<'apps'>,
  { from, to, limit = LIMIT }: ApiMessageQuery,
  boards: readonly Board[] | undefined,
): Promise<readonly ApiMessage[]> {
  const { rows } = await apps.store.messages({
    ...(boards ? { uids: boards.flatMap((b) => b.uid ?? []) } : {}),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...{ latest: true, limit: Math.max(1, Math.min(MOST, Math.floor(limit))) },
  });
  return rows.map((row) => ({ uid: row.uid, at: row.at, app: row.app, data: dataOf(row) }));
}

/** Sends a message to the app of a board and waits for its answer. @throws UsageError without the agent, or for a bad text */
export async function apiSend(
  context: Needs<'brokers' | 'history' | 'apps'>,
  board: Board,
  text: string,
  signal?: AbortSignal,
): Promise<ApiSent> {
  const { control, uid } = agentOf(context, board);
  const { state, reply, error } = await context.apps.send(uid, text, control, {
    ...{ patienceMs: PATIENCE_MS, ...(signal ? { signal } : {}) },
  });
  return {
    state,
    ...(reply === undefined ? {} : { reply }),
    ...(error === undefined ? {} : { error }),
  };
}
