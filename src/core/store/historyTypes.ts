/** Selects entries of the history. A page of the window uses this without the store. */
export const HISTORY_TYPES = ['all', 'operations', 'crashes', 'events', 'log'] as const;
export type HistoryType = (typeof HISTORY_TYPES)[number];
