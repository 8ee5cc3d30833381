import * as vscode from 'vscode';
import type { Board } from '../core/board/board';
import { UsageError } from '../core/errors';
import { compressHostlist } from '../core/many/hostlist';
import { SELECTOR_HELP } from '../core/many/selector';
import type { SelectableBoard } from '../core/many/selectableBoard';
import type { ViewContext } from '../views/context';
import { stateWords } from '../views/tree/boardItem';

interface Choice extends vscode.QuickPickItem {
  /** Undefined for lines that say something. */
  readonly entry?: SelectableBoard;
}

/**
 * Asks for boards: ticked one by one, or by a selector typed into the box (hostlist, pattern, tag:, @group, all). How many are
 * chosen is shown all the time; names that match nothing are, too.
 */
export function chooseBoards(
  context: ViewContext,
  title: string,
  candidates: readonly Board[] = context.fleet.boards,
): Promise<readonly Board[] | undefined> {
  const offered = new Set(candidates);
  const entries = context.many.selectable().filter((e) => offered.has(e.board));
  if (entries.length === 0) {
    throw new UsageError(vscode.l10n.t('No board is there'), {
      hint: vscode.l10n.t('Plug one in, or connect to a broker.'),
    });
  }
  return new Chooser(context, title, entries).ask();
}

class Chooser {
  readonly #pick = vscode.window.createQuickPick<Choice>();
  readonly #items: readonly Choice[];

  constructor(
    private readonly context: ViewContext,
    private readonly title: string,
    entries: readonly SelectableBoard[],
  ) {
    this.#items = entries.map((entry) => ({
      entry,
      label: entry.name,
      description: [
        stateWords(entry.board.state, entry.board.present),
        entry.platform,
        ...entry.tags.map((t) => `#${t}`),
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
    pick.placeholder = vscode.l10n.t(
      'Tick boards, or write them: esp32-[01-12], kitchen*, tag:lab, @group, all',
    );
    pick.items = this.#items;
    const active = this.context.active.current;
    pick.selectedItems = this.#items.filter((i) => i.entry?.board === active);
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

  /** Ticks what the text selects; a text that is no selector yet is an ordinary filter. */
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
          label: vscode.l10n.t('$(warning) No board answers to {0}', unmatched.join(', ')),
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
    const short = compressHostlist(names);
    const shown = short.length > 60 ? `${short.slice(0, 59)}…` : short;
    const count =
      names.length === 1
        ? vscode.l10n.t('1 board: {0}', shown)
        : names.length === 0
          ? vscode.l10n.t('no board chosen')
          : vscode.l10n.t('{0} boards: {1}', names.length, shown);
    this.#pick.title = `${this.title} (${count})`;
  }
}
