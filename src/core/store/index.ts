/** Public exports of this folder. Other folders import only from here. */
export type {
  CommandRow,
  CommandState,
  KnownSource,
  MessagePage,
  MessageQuery,
  MessageRow,
  SourceRow,
} from './appMessages';
export { historyToCsv, historyToJson, statusOf } from './exportRows';
export { handOver } from './handedOver';
export { HISTORY_TYPES, type HistoryType } from './historyTypes';
export type {
  AuditBoard,
  AuditEntry,
  Cursor,
  EventEntry,
  Limits,
  Page,
  SearchQuery,
  SeriesPoint,
  SeriesQuery,
  StoreSize,
  TelemetryEntry,
} from './model';
export { recordBoards } from './recordBoards';
export { isPostgres, parseServer, withPassword } from './serverAddress';
export { Store, type StoreOptions } from './store';
export { StoreError } from './storeError';
export type { StoreServer } from './storeThread';
export { type HistoryQuery, type HistoryRow, Timeline } from './timeline';
