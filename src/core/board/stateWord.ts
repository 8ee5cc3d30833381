/**
 * The only list of words for board states. Tree, dashboard, groups, filters and `state:` selectors
 * use it. `online` is a board behind a broker on which nothing runs; `away` cannot be reached;
 * `asleep` has announced when it returns.
 */
export const STATE_WORDS = [
  'ready',
  'running',
  'busy',
  'connected',
  'connecting',
  'reconnecting',
  'online',
  'not connected',
  'away',
  'asleep',
  'crashed',
] as const;
export type StateWord = (typeof STATE_WORDS)[number];

/**
 * The tags of BoardState, repeated here so that webview pages can use this file without the rest of
 * core.
 */
type Tag =
  | 'disconnected'
  | 'online'
  | 'connecting'
  | 'idle'
  | 'running'
  | 'connected'
  | 'busy'
  | 'reconnecting';

/**
 * Returns the word for a board's state. `present`: a link can be tried. `crashed`: its program
 * crashed and has not recovered. `asleep`: it said that it sleeps, and is expected back later.
 */
export function stateWord(
  state: { readonly tag: Tag },
  present: boolean,
  crashed = false,
  asleep = false,
): StateWord {
  switch (state.tag) {
    case 'disconnected':
      return present ? 'not connected' : asleep ? 'asleep' : 'away';
    case 'reconnecting':
      // It reconnects when it wakes up, and until then nothing is tried.
      return asleep && !present ? 'asleep' : state.tag;
    case 'busy':
    case 'connecting':
      return state.tag;
    case 'idle':
      return crashed ? 'crashed' : 'ready';
    default:
      return crashed ? 'crashed' : state.tag;
  }
}

/** Words for `state:` selectors in earlier versions. */
const FORMER: Partial<Record<string, readonly string[]>> = {
  ready: ['idle'],
  away: ['offline'],
  'not connected': ['not-connected', 'disconnected'],
};

/**
 * Returns all names that `state:` accepts for a state: its word without the space, and its names in
 * earlier versions.
 */
export function stateNames(word: string): readonly string[] {
  return [word, ...(FORMER[word] ?? [])];
}
