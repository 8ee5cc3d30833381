import { type Board, type BoardState, isConnected, type Link, wordOf } from '../../core/board';
import type { LinkKind } from '../../core/address';

/** How a board is drawn: a pure function of its state, tested in plain Node. Texts are not localised here. */
export interface StateLook {
  /** A product icon's name. */
  readonly icon: string;
  /** A theme colour's id. */
  readonly color?: string;
  readonly word: BoardState['tag'] | 'failed' | 'away' | 'asleep' | 'crashed';
}

/** Returns the icon, colour and word of a state. `present`: at least one link could be tried. */
export function stateLook(state: BoardState, present: boolean): StateLook {
  switch (state.tag) {
    case 'idle':
      return { icon: 'circuit-board', color: 'charts.green', word: 'idle' };
    case 'running':
      return { icon: 'play-circle', color: 'charts.blue', word: 'running' };
    case 'connected':
      return { icon: 'circuit-board', color: 'charts.blue', word: 'connected' };
    case 'busy':
      return { icon: 'sync~spin', color: 'charts.yellow', word: 'busy' };
    case 'connecting':
      return { icon: 'loading~spin', word: 'connecting' };
    case 'reconnecting':
      return { icon: 'debug-disconnect', color: 'charts.orange', word: 'reconnecting' };
    case 'online':
      return { icon: 'cloud', color: 'charts.green', word: 'online' };
    case 'disconnected':
      if (!present) return { icon: 'circle-slash', color: 'disabledForeground', word: 'away' };
      return state.error
        ? { icon: 'warning', color: 'list.warningForeground', word: 'failed' }
        : { icon: 'circle-outline', word: 'disconnected' };
  }
}

/** Returns the look of a board: that of its state, unless its program has crashed. */
export function lookOf(board: Board): StateLook {
  const word = wordOf(board);
  if (word === 'crashed') return { icon: 'error', color: 'list.errorForeground', word };
  if (word === 'asleep') return { icon: 'clock', color: 'disabledForeground', word };
  return stateLook(board.state, board.present);
}

/** Returns whether the board is or was behind a broker with an agent of its own. */
export function hasAgent(board: Board): boolean {
  return board.links.some((l) => l.found.address.kind === 'mqtt' && !isCabled(l));
}

/** Returns whether a computer with a cable is the agent: it offers no settings, updates or logs. */
function isCabled({ found }: Link): boolean {
  return found.details?.cable !== undefined;
}

/** Returns words that menus test with `viewItem =~ /\bword\b/`. The words are defined only here. */
export function boardContext(board: Board): string {
  const { state } = board;
  const words = ['board', state.tag];
  if (isConnected(state)) words.push('open');
  else if (board.present) words.push('closed');
  if (board.present) words.push('present');
  if (state.tag === 'reconnecting' || state.tag === 'connecting') words.push('trying');
  if (board.uid) words.push('known');
  if (board.links.length > 1) words.push('several');
  if (hasAgent(board)) words.push('agent');
  else if (board.links.some(isCabled)) words.push('atColleague');
  if (board.links.some((l) => l.present && l.found.details?.safe !== undefined)) words.push('safe');
  if (board.transport?.can.hardReset !== false) words.push('canHardReset');
  for (const link of board.links) words.push(`on-${link.found.address.kind}`);
  return words.join(' ');
}

const LINK_ICONS: Record<LinkKind, string> = {
  serial: 'plug',
  webrepl: 'radio-tower',
  telnet: 'radio-tower',
  mqtt: 'cloud',
  mqboard: 'cloud',
  demo: 'beaker',
};

const LINK_NAMES: Record<LinkKind, string> = {
  serial: 'USB',
  webrepl: 'WebREPL',
  telnet: 'Telnet',
  mqtt: 'MQTT',
  mqboard: 'MQTT',
  demo: 'Demo',
};

/** Returns the icon of a kind of link. */
export function linkIcon(kind: LinkKind): string {
  return LINK_ICONS[kind];
}

/** Returns the name of a kind of link; a technical term that is the same in every language. */
export function linkName(kind: LinkKind): string {
  return LINK_NAMES[kind];
}
