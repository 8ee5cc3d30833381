import * as l10n from '@vscode/l10n';
import { decodeJson } from './agentProtocol';
import { ProtocolError } from '../errors';
import { record } from '../json';

/** A record that an app sends: its data, or the answer to a user's message. */
export type AppRecord = {
  readonly seq: number;
  /** Milliseconds since the board's boot; negative: from before its last sleep. */
  readonly ms: number;
} & (
  | { readonly kind: 'data'; readonly data: unknown }
  | {
      readonly kind: 'reply';
      /** Id of the message that is answered. */
      readonly to: string;
      /** Undefined: the app answered nothing. */
      readonly reply?: string;
      /** The traceback, if the app failed on the message. */
      readonly error?: string;
    }
);

/** Messages of one board, as it sends them (docs/protocol.md section 9). A batch has no gaps. */
export interface MessageBatch {
  readonly boot: string;
  readonly app: string;
  readonly version: string;
  /** Sequence number of the first record or, in an empty batch, of the next one. */
  readonly first: number;
  readonly records: readonly AppRecord[];
  /** Uptime in milliseconds at sending, and the board's clock in seconds since 1970 (0: not set). */
  readonly uptime: number;
  readonly unix: number;
  /** Number of messages that the board has dropped since boot, before the broker received them. */
  readonly dropped: number;
}

/** Longest text of a reply or error, in characters. */
const MAX_TEXT = 4_000;

/** Reads a batch. @throws ProtocolError when it is not in that form */
export function parseMessageBatch(payload: Uint8Array): MessageBatch {
  const [head = '', ...lines] = Buffer.from(payload).toString('utf8').split('\n');
  const o = decodeJson(Buffer.from(head));
  const first = whole(o.s);
  const body = lines.filter((line) => line !== '');
  if (typeof o.boot !== 'string' || first < 1 || whole(o.n) !== body.length) {
    throw new ProtocolError(l10n.t('a batch of messages does not match its header'));
  }
  return {
    boot: o.boot.slice(0, 8),
    app: word(o.app),
    version: word(o.v),
    first,
    records: body.map((line, i) => parseRecord(line, first + i)),
    uptime: whole(o.t),
    unix: whole(o.u),
    dropped: whole(o.drop),
  };
}

function parseRecord(line: string, seq: number): AppRecord {
  const [, kind, ms = '0', json = ''] = /^([DR])\t(-?\d{1,15})\t(.*)$/su.exec(line) ?? [];
  if (kind === undefined) {
    throw new ProtocolError(l10n.t('a message is not in the form that the protocol specifies'));
  }
  const data = parsed(json);
  if (kind === 'D') return { seq, ms: Number(ms), kind: 'data', data };
  const { id, r, x } = record(data);
  return {
    ...{ seq, ms: Number(ms), kind: 'reply', to: word(id) },
    ...(typeof r === 'string' ? { reply: r.slice(0, MAX_TEXT) } : {}),
    ...(typeof x === 'string' ? { error: x.slice(0, MAX_TEXT) } : {}),
  };
}

/**
 * Parses a message. MicroPython writes `nan` and `inf`, which are not JSON; such a message is kept
 * as text.
 */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

function word(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 64) : '';
}

function whole(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

/** Returns when the board started, by its own clock or else by ours, in milliseconds since 1970. */
export function startOf(batch: MessageBatch, receivedAt: number): number {
  return (batch.unix > 0 ? batch.unix * 1_000 : receivedAt) - batch.uptime;
}
