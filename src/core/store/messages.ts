import type { CommandQuery, CommandRow, MessageQuery, MessageRow, SourceRow } from './appMessages';
import type { Batch, Limits, SearchQuery, SeriesQuery } from './model';

/** Data with which the store's thread starts. */
export interface StoreSettings {
  /** Path of the database file. */
  readonly file: string;
  /**
   * The PostgreSQL server used instead of a file, with its login:
   * `postgres://user:password@host/database`.
   */
  readonly url?: string;
}

/** The calls of the store's thread and their arguments. */
export interface StoreCalls {
  readonly append: Batch;
  readonly series: SeriesQuery;
  readonly events: SearchQuery;
  readonly audit: SearchQuery;
  readonly prune: Limits & { readonly now: number };
  readonly size: undefined;
  readonly addMessages: {
    readonly rows: readonly MessageRow[];
    readonly sources: readonly SourceRow[];
  };
  readonly messages: MessageQuery;
  readonly knownSources: readonly { readonly uid: string; readonly boot: string }[];
  readonly putCommand: CommandRow;
  readonly commands: CommandQuery;
}

/** One call, as the thread receives it. */
export interface StoreRequest<C extends keyof StoreCalls = keyof StoreCalls> {
  readonly id: number;
  readonly call: C;
  readonly argument: StoreCalls[C];
}

export type StoreAnswer =
  | { readonly type: 'done'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }
  | { readonly type: 'aside'; readonly aside: FileAside };

/** A file that could not be used was set aside, and a new one was begun. */
export interface FileAside {
  readonly why: 'damaged' | 'newer';
  /** The file's new path. */
  readonly path: string;
}
