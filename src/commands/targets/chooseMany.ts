import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import {
  allTags,
  type SelectableBoard,
  SELECTOR_HELP,
  shortHostlist,
  sortByName,
} from '../../core/many';
import type { Needs } from '../../views/context';
import { placeWords, stateOf } from '../../views/tree';
import { startDemo } from '../../views/helpful';

interface Choice extends vscode.QuickPickItem {
  /** Undefined for lines that only show a text. */
  readonly entry?: SelectableBoard;
}

/**
 * Asks for boards: ticked in a list, or given by a selector in the box (hostlist, pattern, tag:,
 * @group, all). Always shows the number of chosen boards and the names that match nothing.
 */
export function chooseBoards(
  context: Needs<'fleet' | 'active' | 'focus' | 'many'>,
  title: string,
  candidates: readonly Board[] = context.fleet.boards,
): Promise<readonly Board[] | undefined> {
  const offered = new Set(candidates);
  // Boards in the order of the tree, which is also the order of the results.
  const entries = sortByName(context.many.selectable().filter((e) => offered.has(e.board)));
  if (entries.length === 0) {
    throw new UsageError(vscode.l10n.t('No board found'), {
      hint: vscode.l10n.t('Plug one in, or connect to a broker.'),
      next: startDemo(),
    });
  }
  return new Chooser(context, title, entries).ask();
}

/** Number of characters of board names in the title, which VS Code does not wrap. */
const SHOWN_LENGTH = 60;

class Chooser {
  readonly #pick = vscode.window.createQuickPick<Choice>();
  readonly #items: readonly Choice[];

  constructor(
    private readonly context: Needs<'active' | 'focus' | 'many'>,
    private readonly title: string,
    entries: readonly SelectableBoard[],
  ) {
    this.#items = entries.map((entry) => ({
      entry,
      label: entry.name,
      description: [
        stateOf(entry.board),
        entry.platform,
        placeWords(entry.board),
        ...allTags(entry).map((t) => `#${t}`),
      ]
        .filter(Boolean)
        .join(' · '),
      alwaysShow: true,
    }));
  }

  ask(): Promise<readonly Board[] | undefined> {
    const pick = this.#pick;
    pick.canSelectMany = true;
    pick.ignoreFocusOut = true;
    pick.placeholder = vscode.l10n.t('Tick boards or type their names: kit-[1-8], tag:lab, all');
    pick.items = this.#items;
    const meant = this.#meant();
    pick.selectedItems = this.#items.filter((i) => i.entry && meant.includes(i.entry.board));
    this.#count();
    return new Promise((resolve) => {
      pick.onDidChangeValue((value) => this.#typed(value));
      pick.onDidChangeSelection(() => this.#count());
      pick.onDidAccept(() => {
        const boards = this.#chosen();
        if (boards.length === 0) return;
        resolve(boards);
        pick.hide();
      });
      pick.onDidHide(() => {
        resolve(undefined);
        pick.dispose();
      });
      pick.show();
    });
  }

  /**
   * Returns the boards to tick first: those that have the focus; else several that are selected in the tree, as they stay when a
   * file is opened; else the active board.
   */
  #meant(): readonly (Board | undefined)[] {
    const { focus, active } = this.context;
    if (focus.boards.length > 0) return focus.boards;
    return focus.selectedBoards.length > 1 ? focus.selectedBoards : [active.current];
  }

  /** Ticks the boards that the text selects; an incomplete selector works as an ordinary filter. */
  #typed(value: string): void {
    if (value.trim() === '') {
      this.#pick.items = this.#items;
      return;
    }
    const notes: Choice[] = [];
    let chosen = new Set<Board>();
    try {
      const { boards, unmatched } = this.context.many.select(value);
      chosen = new Set(boards.map((b) => b.board));
      if (unmatched.length > 0) {
        notes.push({
          label: vscode.l10n.t('$(warning) No board matches {0}', unmatched.join(', ')),
          alwaysShow: true,
        });
      }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      notes.push({ label: `$(warning) ${error.message}`, detail: SELECTOR_HELP, alwaysShow: true });
    }
    const wanted = value.trim().toLowerCase();
    const matching = this.#items.filter(
      (i) => i.entry && (chosen.has(i.entry.board) || i.label.toLowerCase().includes(wanted)),
    );
    this.#pick.items = [...matching, ...notes];
    this.#pick.selectedItems = matching.filter((i) => i.entry && chosen.has(i.entry.board));
    this.#count();
  }

  #chosen(): Board[] {
    return this.#pick.selectedItems.flatMap((i) => i.entry?.board ?? []);
  }

  #count(): void {
    const names = this.#chosen().map((b) => b.name);
    const shown = shortHostlist(names, SHOWN_LENGTH);
    const count =
      names.length === 1
        ? vscode.l10n.t('1 board: {0}', shown)
        : names.length === 0
          ? vscode.l10n.t('no board selected')
          : vscode.l10n.t('{0} boards: {1}', names.length, shown);
    this.#pick.title = `${this.title} (${count})`;
  }
}
