import { timingSafeEqual, createHash } from 'node:crypto';
import { type AppCommands, dataOf } from '../../core/apps';
import type { AgentControl } from '../../core/agent';
import { UsageError } from '../../core/errors';
import { parseLenientJson } from '../../core/json';
import type { CommandState, Store } from '../../core/store';

/** Services that the calls need. */
export interface ApiWorld {
  /** The secret that callers give as `apikey`, or as a bearer token. */
  readonly token: string;
  readonly store: Pick<Store, 'messages' | 'commands'>;
  readonly commands: Pick<AppCommands, 'send' | 'look'>;
  /** Returns the board that a `tid` names: its unique id or its name. */
  find(
    tid: string,
  ): { readonly uid: string; readonly control: AgentControl | undefined } | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  readonly json: unknown;
}

const PREFIX = '/api/web/v1/msg/';
const PAGE = 1_000;
/** Maximum number of messages in one answer. A caller requests the rest from the last `ts` on. */
const MOST = 100_000;

/**
 * Pythings' words for the state of a management message. Pythings has none for final failures, so
 * `Failed` and `Expired` are ours.
 */
const STATUS: Readonly<Record<CommandState, string>> = {
  queued: 'Queued',
  sent: 'Sent',
  delivered: 'Sent',
  done: 'Received',
  failed: 'Failed',
  expired: 'Expired',
};

/**
 * Answers one of the three calls of Pythings' REST interface: all are POST with a JSON object, errors are `{"detail": …}`.
 * @param bearer the token of an Authorization header
 */
export async function answerCall(
  world: ApiWorld,
  path: string,
  body: string,
  bearer: string | undefined,
): Promise<ApiAnswer> {
  let asked: Readonly<Record<string, unknown>>;
  try {
    const value = parseLenientJson(body);
    if (typeof value !== 'object' || value === null) throw new Error('no object');
    asked = value as Record<string, unknown>;
  } catch {
    return refused(400, 'The body must be a JSON object');
  }
  const key = typeof asked.apikey === 'string' ? asked.apikey : bearer;
  if (key === undefined) return refused(401, 'This is a private API: give your "apikey"');
  if (!isSame(key, world.token)) return refused(401, 'Wrong API key');
  const call = Object.hasOwn(CALLS, path) ? CALLS[path] : undefined;
  return call ? call(world, asked) : refused(404, 'There is no such call');
}

type Call = (world: ApiWorld, asked: Readonly<Record<string, unknown>>) => Promise<ApiAnswer>;

const workerGet: Call = async (world, asked) => {
  const board = boardOf(world, asked);
  if ('status' in board) return board;
  const from = timeOf(asked.from);
  if (from === undefined) return refused(400, 'No from set');
  const to = timeOf(asked.to);
  if (to === undefined) return refused(400, 'No to set');
  const answer: unknown[] = [];
  for (let after: number | undefined = 0; after !== undefined && answer.length < MOST;) {
    const page = await world.store.messages({
      // The end of the period is inclusive.
      ...{ uids: [board.uid], from, to: to + 1, after, limit: PAGE },
    });
    answer.push(...page.rows.map((r) => ({ ts: new Date(r.at).toISOString(), data: dataOf(r) })));
    after = page.next;
  }
  return { status: 200, json: answer };
};

const managementNew: Call = async (world, asked) => {
  const board = boardOf(world, asked);
  if ('status' in board) return board;
  const { msg } = asked;
  if (typeof msg !== 'string' || msg === '') return refused(400, 'Got empty "msg"');
  try {
    const { id } = await world.commands.send(board.uid, msg, board.control);
    return { status: 200, json: { mid: id } };
  } catch (error) {
    if (error instanceof UsageError) return refused(400, error.message);
    throw error;
  }
};

const managementGet: Call = async (world, { mid, tid }) => {
  if (typeof mid !== 'string' || mid === '') return refused(400, 'Got empty "mid"');
  const [known] = await world.store.commands({ id: mid, limit: 1 });
  const board = known && world.find(known.uid);
  const isOther = typeof tid === 'string' && world.find(tid)?.uid !== known?.uid;
  const command = isOther ? undefined : ((await world.commands.look(mid, board?.control)) ?? known);
  if (!command) return refused(400, 'Not existent Message or no access rights');
  const reply = command.reply ?? command.error ?? null;
  return { status: 200, json: { status: STATUS[command.state], reply } };
};

const CALLS: Readonly<Record<string, Call>> = {
  [`${PREFIX}worker/get`]: workerGet,
  [`${PREFIX}management/new`]: managementNew,
  [`${PREFIX}management/get`]: managementGet,
};

function boardOf(world: ApiWorld, { tid }: Readonly<Record<string, unknown>>) {
  if (typeof tid !== 'string' || tid === '') return refused(400, 'Got empty "tid"');
  return world.find(tid) ?? refused(400, 'Not existent Thing or no access rights');
}

/** Parses seconds since 1970, as a number or text, or an ISO 8601 time. Returns milliseconds. */
function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const seconds = value === '' ? NaN : Number(value);
  const at = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(String(value));
  return Number.isFinite(at) && Math.abs(at) < 8.64e15 ? at : undefined;
}

/** Compares in constant time, so that the duration reveals nothing about the secret. */
function isSame(given: string, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(wanted));
}

function refused(status: number, detail: string): ApiAnswer {
  return { status, json: { detail } };
}
