import type { Board } from '../board';
import { abortable, Deferred } from '../async';
import { text } from '../bytes';
import { FleetError, ProgramRunningError, PythonError } from '../errors';

/** Limit of the names offered; a small board has little heap for the list. */
const MOST = 300;
/** Time limit for the board's answer, in milliseconds. */
const PATIENCE_MS = 1_500;
/** Milliseconds to wait for other work before asking: a listing for the tree ends within that time, a cell may not. */
const TURN_MS = 500;

/** An entry of a folder on the board. */
export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

/**
 * Asks boards for names while the user types. A question is asked once however often the editor cancels and repeats it, since
 * each key pressed does so, and an abandoned question would leave the board busy for the next one.
 */
export class BoardLookups {
  readonly #asked = new Map<Board, Map<string, Promise<unknown>>>();

  /**
   * Returns names on the board that could complete `a.b.c`, from `dir()` of `a.b`. Its parts are looked up and never called.
   * Returns nothing while a program runs there or the board is busy.
   */
  async names(board: Board, expression: string, signal: AbortSignal): Promise<string[]> {
    const at = expression.lastIndexOf('.');
    const object = at < 0 ? '' : expression.slice(0, at);
    if (!/^(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?$/.test(object)) return [];
    const begin = expression.slice(at + 1);
    const hidden = begin.startsWith('_');
    const all = await this.#ask(board, `dir ${object}`, signal, [], async (patience) => {
      const code = `print(' '.join(dir(${object})))\n`;
      const printed = await board.exec(code, { job: 'Completing', ask: false, signal: patience });
      return text(printed).trim().split(/\s+/);
    });
    return all
      .filter((n) => /^[A-Za-z_]\w{0,80}$/.test(n) && n.startsWith(begin))
      .filter((n) => hidden || !n.startsWith('_'))
      .slice(0, MOST);
  }

  /** Returns what is in a folder on the board; nothing while the board is busy. */
  entries(board: Board, folder: string, signal: AbortSignal): Promise<FolderEntry[]> {
    return this.#ask(board, `list ${folder}`, signal, [], async (patience) => {
      const entries = await board.quietFiles.list(folder, patience);
      return entries.map(({ name, type }) => ({ name, isFolder: type === 'dir' }));
    });
  }

  async #ask<T>(
    board: Board,
    key: string,
    signal: AbortSignal,
    nothing: T,
    ask: (patience: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const asked = this.#asked.get(board) ?? new Map<string, Promise<unknown>>();
    this.#asked.set(board, asked);
    let answer = asked.get(key) as Promise<T> | undefined;
    if (!answer) {
      answer = this.#answer(board, nothing, ask).finally(() => {
        asked.delete(key);
        if (asked.size === 0) this.#asked.delete(board);
      });
      asked.set(key, answer);
    }
    try {
      return await abortable(answer, signal);
    } catch (error) {
      if (signal.aborted) return nothing;
      throw error;
    }
  }

  async #answer<T>(
    board: Board,
    nothing: T,
    ask: (patience: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (!board.transport || !(await itsTurn(board))) return nothing;
    const patience = AbortSignal.timeout(PATIENCE_MS);
    try {
      return await ask(patience);
    } catch (error) {
      // The typed names may not exist yet, and a running program must not be disturbed.
      if (error instanceof PythonError || error instanceof ProgramRunningError) return nothing;
      // A failure while the user is typing does not justify a message.
      if (patience.aborted || error instanceof FleetError) return nothing;
      throw error;
    }
  }
}

/** Waits, for at most TURN_MS, until the board is at its prompt and idle. */
async function itsTurn(board: Board): Promise<boolean> {
  const idle = () => board.state.tag === 'idle';
  if (idle() || board.state.tag !== 'busy') return idle();
  const freed = new Deferred<true>();
  const listener = board.onDidChange(() => {
    if (idle()) freed.resolve(true);
  });
  const patience = AbortSignal.timeout(TURN_MS);
  try {
    return await abortable(freed.promise, patience);
  } catch (error) {
    if (patience.aborted) return false;
    throw error;
  } finally {
    listener.dispose();
  }
}
