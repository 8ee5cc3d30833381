import type { Place } from './entry';

// Rows of the tree describe themselves by words in `viewItem`: `board idle open present known` (views/tree/boardLook.ts).

/** Exactly one row is selected. */
export const ONE = '!listMultiSelection';
/** More than one row is selected. */
export const SEVERAL = 'listMultiSelection';

/** A board or a group is among the selected rows (views/tree/treeView.ts). */
const BOARDS_SELECTED = 'mpyFleet.boardsSelected';

/** Begins the words of a row below a board. */
const PARTS = /^(remote|link|note)\b/;
/** The row is below a board and selected together with boards. */
export const PART_OF_SEVERAL = `viewItem =~ /${PARTS.source}/ && ${SEVERAL} && ${BOARDS_SELECTED}`;

/** The row is a group of boards. */
export const GROUP = 'viewItem == group';

/** Words of a board's row; `any` stands for every board. They correspond to `which` of the command (commands/types.ts). */
type BoardWords =
  'any' | 'open' | 'closed' | 'present' | 'running' | 'open|trying' | 'present|agent';

/** Tests whether the row has one of the words, separated by `|`. */
export const is = (words: string): string => `viewItem =~ /${word(words)}/`;

/** Tests whether the row is a group, or a board with the word. */
export const isGroupOr = (words: string): string => `viewItem =~ /^group$|${word(words)}/`;

/** Returns a condition that is true if all the given ones are. */
export const and = (...conditions: readonly string[]): string => conditions.join(' && ');

/** Returns the place in the menu of rows of boards in the tree. */
export const boardRow = (words: BoardWords, group: string, when?: string): Place =>
  withParts(row('boards', new RegExp(`^board\\b${later(words)}`), group, when), when);

/** Returns the place in the menu of rows of boards and of groups of boards in the tree. */
export const boardsRow = (words: BoardWords, group: string, when?: string): Place =>
  withParts(row('boards', new RegExp(`^(group$|board\\b${later(words)})`), group, when), when);

/**
 * Adds the rows below a board that are selected together with boards, as in a range across an open
 * board. VS Code shows only entries that all selected rows have, so these rows have all of them.
 */
function withParts(place: Place, when: string | undefined): Place {
  if (when === ONE || place.group.startsWith('inline')) return place;
  return eitherOf(place, row('boards', PARTS, place.group, and(SEVERAL, BOARDS_SELECTED)));
}

/** Returns the place in the menu of rows of groups in the tree. */
export const groupRow = (group: string, when?: string): Place =>
  row('boards', 'group', group, when);

/**
 * Returns the place in the menu of rows below a board in the tree: its links, files and folders.
 */
export const fileRow = (words: string, group: string, when?: string): Place =>
  row('boards', new RegExp(word(words)), group, when);

/** Returns the place in the menu of rows of brokers. */
export const brokerRow = (words: string, group: string): Place =>
  row('brokers', new RegExp(`^broker\\b${later(words)}`), group);

/** Returns the place in the menu of rows of packages on a board. */
export const packageRow = (words: string, group: string): Place =>
  row('packages', new RegExp(word(words)), group);

/**
 * Returns the place in the menu of rows of one of the extension's views, by their exact `viewItem`
 * or by a pattern of it.
 */
export const row = (view: string, item: string | RegExp, group: string, when?: string): Place => ({
  menu: 'view/item/context',
  when: and(
    `view == mpyFleet.${view}`,
    typeof item === 'string' ? `viewItem == ${item}` : `viewItem =~ /${item.source}/`,
    ...(when ? [when] : []),
  ),
  group,
});

/** Buttons and the menu at the top of one of the extension's views. */
export const viewTitle = (view: string, group: string, when?: string): Place => ({
  menu: 'view/title',
  when: and(`view == mpyFleet.${view}`, ...(when ? [when] : [])),
  group,
});

/** Returns the place in a submenu of the extension, by its name in submenus.ts. */
export const submenu = (
  name: 'files' | 'sync' | 'board' | 'agent' | 'many',
  group: string,
  when?: string,
): Place => ({ menu: `mpyFleet.${name}Menu`, ...(when ? { when } : {}), group });

/** Returns one place for two kinds of rows: VS Code ignores a submenu's second place in a menu. */
export const eitherOf = (one: Place, other: Place): Place => ({
  ...one,
  when: [one.when, other.when].filter(Boolean).join(' || '),
});

/** Returns the place in any menu of VS Code. */
export const at = (menu: string, group: string, when: string): Place => ({ menu, when, group });

function word(words: string): string {
  return words.includes('|') ? `\\b(${words})\\b` : `\\b${words}\\b`;
}

function later(words: string): string {
  return words === 'any' ? '' : `.*${word(words)}`;
}
