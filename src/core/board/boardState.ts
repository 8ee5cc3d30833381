import type { Activity } from '../transport';

/** What a board is doing, as one union. One pure function in the views draws it. */
export type BoardState =
  | { readonly tag: 'disconnected'; readonly error?: Error }
  /** Reachable on demand without a permanent connection (a board behind a broker). */
  | { readonly tag: 'online' }
  | { readonly tag: 'connecting' }
  /** Connected and at its prompt. */
  | { readonly tag: 'idle' }
  /** Connected, with a program running. */
  | { readonly tag: 'running' }
  /** Connected, but nothing has been received and nothing was sent, so its activity is unknown. */
  | { readonly tag: 'connected' }
  /** `job` is a short description: "Uploading main.py". */
  | { readonly tag: 'busy'; readonly job: string }
  /** The link was lost and is being retried; `attempt` counts from 1. */
  | { readonly tag: 'reconnecting'; readonly attempt: number; readonly error?: Error };

/** The names for `state:` selectors, tables and JSON. */
export type BoardStateName = BoardState['tag'];

/** Returns whether a link is open. */
export function isConnected(state: BoardState): boolean {
  return (
    state.tag === 'idle' ||
    state.tag === 'running' ||
    state.tag === 'connected' ||
    state.tag === 'busy'
  );
}

/** Returns the state of an open link without a job. */
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
