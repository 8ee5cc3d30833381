import type { Activity } from '../transport';

/** What a board is doing, as one union: drawn by one pure function in the views. */
export type BoardState =
  | { readonly tag: 'disconnected'; readonly error?: Error }
  /** Reachable on demand; no connection is held (a board behind a broker). */
  | { readonly tag: 'online' }
  | { readonly tag: 'connecting' }
  /** Connected and at its prompt. */
  | { readonly tag: 'idle' }
  /** Connected; a program runs. */
  | { readonly tag: 'running' }
  /** Connected; nothing has been heard yet, and nothing was sent, so nobody knows. */
  | { readonly tag: 'connected' }
  /** `job` is a short text: "Uploading main.py". */
  | { readonly tag: 'busy'; readonly job: string }
  /** The link was lost and is tried again; `attempt` counts from 1. */
  | { readonly tag: 'reconnecting'; readonly attempt: number; readonly error?: Error };

/** The words for `state:` selectors, tables and JSON. */
export type BoardStateName = BoardState['tag'];

/** Whether a link is open. */
export function isConnected(state: BoardState): boolean {
  return (
    state.tag === 'idle' ||
    state.tag === 'running' ||
    state.tag === 'connected' ||
    state.tag === 'busy'
  );
}

/** The state of an open link on which no job runs. */
export function stateOf(activity: Activity): BoardState {
  switch (activity) {
    case 'idle':
      return { tag: 'idle' };
    case 'running':
      return { tag: 'running' };
    case 'unknown':
      return { tag: 'connected' };
  }
}
