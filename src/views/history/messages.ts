import { HISTORY_TYPES, type HistoryType } from '../../core/store';

/** The request of the page, with the values of its controls. Times are milliseconds since 1970. */
export interface Find {
  readonly type: HistoryType;
  /** Unique id of a board; '' for all. */
  readonly uid: string;
  readonly text: string;
  readonly status: '' | 'ok' | 'failed' | 'cancelled';
  readonly from?: number;
  readonly to?: number;
}

/** A line of the table: plain data. Texts may come from boards and are shown as text only. */
export interface HistoryLine {
  readonly at: number;
  /** `operation`, `crash`, `log` or another kind, as text. */
  readonly kind: string;
  readonly boards: string;
  readonly text: string;
  /** `ok`, `failed`, `cancelled`; '' if there is none. */
  readonly status: string;
  readonly who: string;
  /** All details, one per line. */
  readonly detail: string;
}

export type ToHistory =
  | {
      readonly kind: 'words';
      readonly words: Readonly<Record<string, string>>;
      readonly boards: readonly { readonly uid: string; readonly name: string }[];
      /** The board to show first. */
      readonly uid: string;
    }
  /** `first`: replaces the shown entries. `more`: more entries follow. */
  | {
      readonly kind: 'lines';
      readonly first: boolean;
      readonly more: boolean;
      readonly lines: readonly HistoryLine[];
    };

export type FromHistory =
  | { readonly kind: 'ready' }
  | { readonly kind: 'find'; readonly find: Find }
  | { readonly kind: 'more' }
  | { readonly kind: 'export' };

/** Reads a message of the page; anything unknown is undefined. */
export function readMessage(message: unknown): FromHistory | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { kind, find } = message as Record<string, unknown>;
  if (kind === 'ready' || kind === 'more' || kind === 'export') return { kind };
  if (kind !== 'find' || typeof find !== 'object' || find === null) return undefined;
  const { type, uid, text, status, from, to } = find as Record<string, unknown>;
  const known = HISTORY_TYPES.find((t) => t === type);
  const ending = (['', 'ok', 'failed', 'cancelled'] as const).find((s) => s === status);
  if (!known || ending === undefined || typeof uid !== 'string' || typeof text !== 'string') {
    return undefined;
  }
  return {
    kind,
    find: {
      ...{ type: known, uid, text: text.slice(0, 500), status: ending },
      ...(Number.isFinite(from) ? { from: Number(from) } : {}),
      ...(Number.isFinite(to) ? { to: Number(to) } : {}),
    },
  };
}
