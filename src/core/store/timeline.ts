import type { HistoryType } from './historyTypes';
import type { AuditEntry, EventEntry, Page, Period, SearchQuery } from './model';
import type { Store } from './store';

/** An entry of the history: an operation of a user, or an event on a board. */
export type HistoryRow =
  | { readonly type: 'operation'; readonly entry: AuditEntry }
  | { readonly type: 'event'; readonly entry: EventEntry };

/** Selects entries of the history. */
export interface HistoryQuery extends Partial<Period> {
  readonly type: HistoryType;
  readonly uid?: string;
  readonly text?: string;
  /** Operations with this result. Crashes count as failed; other events have no result. */
  readonly status?: SearchQuery['status'];
}

const LOG_KINDS = ['D', 'I', 'W', 'E', 'C', 'O'].map((level) => `log:${level}`);
const EVENT_KINDS = [
  'crash',
  'task',
  'module',
  'app',
  'agent',
  'ota',
  'start',
  'away',
  'back',
  'flood',
];
const PAGE = 200;

/** Returns the kinds of events for a query. Undefined: every kind. Empty: no events. */
function kindsOf({ type, status }: HistoryQuery): readonly string[] | undefined {
  if (type === 'operations' || (status !== undefined && status !== 'failed')) return [];
  if (type === 'crashes' || status === 'failed') {
    return type === 'log' ? ['log:E', 'log:C'] : ['crash'];
  }
  return type === 'log' ? LOG_KINDS : type === 'events' ? EVENT_KINDS : undefined;
}

/**
 * Merges operations and events into one list, newest first, and reads only as many as requested.
 */
export class Timeline {
  readonly #operations: Source<AuditEntry>;
  readonly #events: Source<EventEntry>;

  constructor(store: Pick<Store, 'audit' | 'events'>, query: HistoryQuery) {
    const { type, status, ...common } = query;
    const kinds = kindsOf(query);
    const wantsOperations = type === 'all' || type === 'operations';
    this.#operations = new Source(wantsOperations, (page) =>
      store.audit({ ...common, ...page, ...(status === undefined ? {} : { status }) }),
    );
    this.#events = new Source(kinds?.length !== 0, (page) =>
      store.events({ ...common, ...page, ...(kinds ? { kinds } : {}) }),
    );
  }

  /** Returns the next `count` entries. Fewer means that these are the last. @throws StoreError */
  async next(count: number): Promise<HistoryRow[]> {
    const rows: HistoryRow[] = [];
    while (rows.length < count) {
      const [operation, event] = await Promise.all([this.#operations.head(), this.#events.head()]);
      if (operation && (!event || operation.at >= event.at)) {
        rows.push({ type: 'operation', entry: operation });
        this.#operations.shift();
      } else if (event) {
        rows.push({ type: 'event', entry: event });
        this.#events.shift();
      } else break;
    }
    return rows;
  }
}

/** One of the two lists, read page by page. */
class Source<T> {
  #rows: T[] = [];
  #next: Pick<SearchQuery, 'before'> | undefined;

  constructor(
    wanted: boolean,
    private readonly read: (page: Pick<SearchQuery, 'before' | 'limit'>) => Promise<Page<T>>,
  ) {
    this.#next = wanted ? {} : undefined;
  }

  async head(): Promise<T | undefined> {
    if (this.#rows.length === 0 && this.#next) {
      const { rows, next } = await this.read({ ...this.#next, limit: PAGE });
      this.#rows = [...rows];
      this.#next = next && { before: next };
    }
    return this.#rows[0];
  }

  shift(): void {
    this.#rows.shift();
  }
}
