import * as vscode from 'vscode';
import { type Board, showPrompt } from '../core/board';
import { utf8 } from '../core/bytes';
import { CancelledError, PythonError } from '../core/errors';
import { Emitter, type Disposable } from '../core/events';
import type { Terminals } from './repl/terminals';

/** Context key: code that was started from here runs on some board. */
const RUNNING = 'mpyFleet.runningCode';

/** Code to run, and where it came from. */
export interface Run {
  readonly board: Board;
  readonly code: string;
  /** Text that is shown: "Running main.py". */
  readonly name: string;
  /** Source of line 1 of the code, for links in tracebacks, which call the code `<stdin>`. */
  readonly source?: { readonly uri: vscode.Uri; readonly line: number };
}

/** Runs code and shows its output in the board's terminal. Knows what ran last, for tracebacks. */
export class Runs implements Disposable {
  readonly #running = new Map<Board, AbortController>();
  /** Runs that have not started: they wait for an answer or for their turn. */
  readonly #waiting = new Map<Board, AbortController>();
  readonly #sources = new WeakMap<Board, NonNullable<Run['source']>>();
  readonly #failed = new Emitter<{ readonly run: Run; readonly error: PythonError }>();
  /** A program has ended with an exception, which its terminal shows. */
  readonly onDidFail = this.#failed.event;

  constructor(
    private readonly terminals: Terminals,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Returns the source of the code that ran last on `board`. */
  sourceOf(board: Board): Run['source'] {
    return this.#sources.get(board);
  }

  /** Boards on which code runs that this window started. */
  get boards(): readonly Board[] {
    return [...this.#running.keys()];
  }

  /**
   * Runs code. An earlier Run on the board is stopped without a question, and a waiting Run is
   * dropped. Resolves when the code has ended; an exception of the program is output, not a
   * rejection.
   * @throws errors of the link
   */
  async run(run: Run, signal?: AbortSignal): Promise<void> {
    const { board } = run;
    const stop = new AbortController();
    const either = AbortSignal.any([stop.signal, ...(signal ? [signal] : [])]);
    this.#waiting.get(board)?.abort(new CancelledError());
    this.#waiting.set(board, stop);
    this.terminals.show(board, true);
    try {
      await board.withSession(
        async (session) => {
          this.#begin(run, stop);
          board.console.note(vscode.l10n.t('Running {0}', run.name));
          const input: Disposable[] = [];
          try {
            await session.exec(run.code, {
              signal: either,
              isProgram: true,
              onStdout: (chunk) => board.console.show(chunk),
              onStart: (write) => input.push(this.terminals.feed(board, write)),
            });
          } finally {
            for (const item of input) item.dispose();
          }
        },
        {
          job: vscode.l10n.t('Running {0}', run.name),
          signal: either,
          program: { again: () => void this.run(run).catch(this.onError) },
        },
      );
    } catch (error) {
      // Cancelled before it started, because the user refused. Nothing was stopped.
      const begun = this.#running.get(board) === stop;
      if (begun || !(error instanceof CancelledError)) this.#ended(run, error);
    } finally {
      if (this.#running.get(board) === stop) this.#running.delete(board);
      if (this.#waiting.get(board) === stop) this.#waiting.delete(board);
      this.#tell();
    }
    await showPrompt(board);
  }

  #begin(run: Run, stop: AbortController): void {
    this.#running.set(run.board, stop);
    this.#waiting.delete(run.board);
    if (run.source) this.#sources.set(run.board, run.source);
    else this.#sources.delete(run.board);
    this.#tell();
  }

  #ended(run: Run, error: unknown): void {
    const { board } = run;
    if (error instanceof PythonError) {
      board.console.show(utf8(`\r\n\x1b[31m${error.traceback.trimEnd()}\x1b[0m\r\n`));
      this.#failed.fire({ run, error });
    } else if (error instanceof CancelledError) {
      board.console.note(vscode.l10n.t('Stopped'));
    } else {
      throw error;
    }
  }

  #tell(): void {
    void vscode.commands.executeCommand('setContext', RUNNING, this.#running.size > 0);
  }

  dispose(): void {
    for (const stop of [...this.#running.values(), ...this.#waiting.values()])
      stop.abort(new CancelledError());
    this.#failed.dispose();
  }
}
