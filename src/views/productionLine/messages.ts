/** One board of the line. Texts may come from boards and are shown as text only. */
export interface LineRow {
  readonly id: number;
  /** The port: `/dev/ttyUSB0`, `COM5`. */
  readonly place: string;
  readonly name: string;
  readonly uid: string;
  readonly firmware: string;
  readonly state: 'working' | 'ok' | 'failed' | 'already';
  /** The present step, or the result. */
  readonly words: string;
  /** Completed part of the step, 0 to 1. */
  readonly done?: number;
  readonly seconds?: number;
  /** Details of a failure, and what to do. */
  readonly detail: string;
}

/** Whether boards that are plugged in get set up. */
export type LineState = 'running' | 'ending' | 'stopped';

export type ToLine =
  | { readonly kind: 'words'; readonly words: Readonly<Record<string, string>> }
  | {
      readonly kind: 'state';
      readonly state: LineState;
      /** One sentence for the person at the line. */
      readonly says: string;
      readonly rows: readonly LineRow[];
    };

export interface FromLine {
  readonly kind: 'ready' | 'start' | 'stop' | 'list' | 'labels';
}

const KINDS = ['ready', 'start', 'stop', 'list', 'labels'] as const;

/** Reads a message of the page; anything unknown is undefined. */
export function readMessage(message: unknown): FromLine | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const kind = KINDS.find((known) => known === (message as Record<string, unknown>).kind);
  return kind && { kind };
}
