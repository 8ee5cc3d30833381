import * as l10n from '@vscode/l10n';
import { randomBytes } from 'node:crypto';
import type { Board } from '../board';
import { text } from '../bytes';
import { throwIfAborted } from '../async';
import { asError, ConnectError, ConnectionLostError, UsageError } from '../errors';
import type { Session } from '../transport';
import { parseCell, type CellPart } from './cell';
import { urlOf } from './addressText';
import { changeFolder } from './changeFolder';
import { failureOf, type CodePlace } from './failure';
import type { NotebookHost } from './host';
import { HostPlace } from './hostPlace';
import type { HostPython } from './hostPython';
import { helpText, parseMagicArgs } from './magicArgs';
import type { CellRun, KernelMemory, KernelOptions } from './kernelOptions';
import type { Magic, MagicCall } from './magic';
import { LOG_LEVELS, type LogLevel } from './logLevel';
import type { CellOutput } from './output';
import { runOnBoard } from './runOnBoard';
import type { Shared } from './shared';
import { unknownMagic } from './unknownMagic';
import { valueBundle } from './valueBundle';

/** Runs the cells of one notebook on its chosen board and on this computer. */
export class NotebookKernel {
  logLevel: LogLevel = 'WARNING';
  readonly host: NotebookHost;
  readonly shared: Shared;
  readonly here: HostPlace;
  readonly #magics: ReadonlyMap<string, Magic>;
  /** One token for all cells, because some boards intern short strings and would keep each one. */
  readonly #token = randomBytes(8).toString('hex');
  #memory: KernelMemory;
  /** The working directory must be set before the next cell, because the interpreter may have restarted. */
  #fresh = true;

  constructor(private readonly options: KernelOptions) {
    this.host = options.host;
    this.shared = options.shared;
    this.here = options.here ?? new HostPlace(options.host);
    this.#memory = options.memory ?? {};
    this.#magics = new Map(
      options.magics.flatMap((m) => [m.name, ...(m.aliases ?? [])].map((name) => [name, m])),
    );
  }

  /** All magics, without aliases. */
  get magics(): readonly Magic[] {
    return this.options.magics;
  }

  get python(): HostPython {
    return this.shared.python(this.host);
  }

  /** Runs a cell. Never rejects: errors become output of the cell. @returns whether it succeeded */
  async run({ source, cell, output, signal }: CellRun): Promise<boolean> {
    let place: CodePlace = { cell, offset: 0 };
    const now: { output: CellOutput; end?: () => void } = { output };
    const redirect: MagicCall['redirect'] = (to, end) => {
      now.end?.();
      Object.assign(now, { output: to, end });
    };
    try {
      const parsed = parseCell(source);
      if (parsed.kind === 'cellMagic') {
        const { name, rest, body, bodyLine } = parsed;
        place = { cell, offset: bodyLine };
        const call = { line: rest, body, bodyLine, cell, out: output, signal, redirect };
        await this.#magic(name, call);
      } else {
        for (const part of parsed.parts) {
          throwIfAborted(signal);
          place = { cell, offset: part.line };
          await this.#part(part, { cell, output: now.output, signal, redirect });
        }
      }
      return true;
    } catch (error) {
      output.fail(failureOf(this.#noted(error), place));
      return false;
    } finally {
      now.end?.();
    }
  }

  async #part(
    part: CellPart,
    {
      cell,
      output,
      signal,
      redirect,
    }: Pick<CellRun, 'cell' | 'output' | 'signal'> & Pick<MagicCall, 'redirect'>,
  ): Promise<void> {
    if (part.kind === 'code') return this.code(part.code, output, signal, { cell });
    const magic = part.kind === 'shell' ? '!' : part.name;
    const line = part.kind === 'shell' ? part.command : part.rest;
    const where = { body: '', bodyLine: part.line, cell };
    return this.#magic(magic, { line, ...where, out: output, signal, redirect });
  }

  async #magic(name: string, call: Omit<MagicCall, 'kernel' | 'args'>): Promise<void> {
    const magic = this.#magics.get(name);
    if (!magic) throw unknownMagic(name, [...this.#magics.keys()]);
    const args = parseMagicArgs(magic, call.line);
    if (args.help) call.out.text(helpText(magic));
    else await magic.run({ ...call, args, kernel: this });
  }

  /** The chosen board, if it is in the list of boards. */
  get chosen(): Board | undefined {
    const { board: key } = this.#memory;
    if (key === undefined) return undefined;
    return this.host.boards.all().find((b) => b.uid === key || b.id === key);
  }

  /**
   * Returns the board of this notebook.
   * @throws UsageError when none is chosen, or the chosen one is not in the list
   */
  board(): Board {
    const { board: key, name } = this.#memory;
    if (key === undefined) {
      const board = this.host.boards.fallback();
      if (board) return board;
      throw new UsageError(l10n.t('No board is selected for this notebook'), {
        hint: l10n.t(
          'Choose one as the kernel, or with %connect NAME; %discover lists the boards.',
        ),
      });
    }
    const board = this.chosen;
    if (board) return board;
    throw new UsageError(l10n.t('{0} is not in the list of boards', name ?? key), {
      hint: l10n.t('Plug it in, or choose another with %connect NAME; %discover lists the boards.'),
    });
  }

  /** Whether the notebook has chosen a board. */
  get hasBoard(): boolean {
    return this.#memory.board !== undefined;
  }

  /** The working directory on the board, if the notebook has set one. */
  get folder(): string | undefined {
    return this.#memory.cwd;
  }

  /** Chooses `board` for the notebook. */
  choose(board: Board): void {
    const key = board.uid ?? board.id;
    if (key === this.#memory.board) return;
    this.#remember({ board: key, name: board.name });
    this.#fresh = true;
  }

  /** Returns a kernel like this one for another board. */
  on(board: Board): NotebookKernel {
    const memory = { board: board.uid ?? board.id, name: board.name };
    return new NotebookKernel({
      ...this.options,
      memory,
      here: this.here,
      onRemember: () => undefined,
    });
  }

  /** Call when the board `from` (its id) turned out to be `into`. */
  merged(from: string, into: Board): void {
    if (this.#memory.board !== from) return;
    this.#remember({ ...this.#memory, board: into.uid ?? into.id, name: into.name });
  }

  /** Call when the interpreter on the board has restarted, or may have. */
  restarted(): void {
    this.#fresh = true;
  }

  /** Call when the working directory on the board changed to `path`. It is restored after a reset. */
  movedTo(path: string): void {
    this.#remember({ ...this.#memory, cwd: path });
  }

  /** Runs code of a cell on the notebook's board and shows its output and value. */
  async code(
    code: string,
    output: CellOutput,
    signal: AbortSignal,
    { cell, board = this.board() }: { cell: number; board?: Board },
  ): Promise<void> {
    const began = performance.now();
    const value = await this.session(
      board,
      (session) =>
        runOnBoard(
          session,
          { code, token: this.#token, output, signal },
          board.transport?.can ?? { stdin: false },
        ),
      { job: l10n.t('Cell [{0}] of {1}', cell, this.options.name), output, signal },
    );
    if (value !== undefined) output.display(valueBundle(value), 'result');
    this.log(output, 'DEBUG', `${board.name}: ${(performance.now() - began).toFixed(0)} ms`);
  }

  /** Runs the kernel's own code on the notebook's board and returns its output. */
  async ask(code: string, job: string, signal: AbortSignal, board = this.board()): Promise<string> {
    const bytes = await this.session(board, (session) => session.exec(code, { signal }), {
      job,
      signal,
    });
    return text(bytes);
  }

  /** Opens a session with a board, in the working directory of this notebook. Shows who is waiting. */
  async session<T>(
    board: Board,
    work: (session: Session) => Promise<T>,
    options: { job: string; signal: AbortSignal; output?: CellOutput },
  ): Promise<T> {
    const { job, signal, output } = options;
    const { state } = board;
    if (state.tag === 'busy') {
      output?.note(`${board.name} is busy with "${state.job}"; this cell waits for its turn.\n`);
    }
    if (!this.hasBoard && output) {
      this.choose(board);
      const url =
        board.transport?.address.text ?? board.links.find((l) => l.present)?.found.address.text;
      output.text(`Connected to ${board.name}${url === undefined ? '' : ` @ ${urlOf(url)}`}\n`);
    }
    const mine = this.#isMine(board);
    const before = board.transport;
    return board.withSession(
      async (session) => {
        const { cwd } = this.#memory;
        if (mine && cwd !== undefined && (this.#fresh || board.transport !== before)) {
          await changeFolder(session, cwd, signal, output);
        }
        if (mine) {
          this.#fresh = false;
          // The unique id is known now, and stays the same when the port changes.
          if (board.uid !== undefined && this.#memory.board !== board.uid) {
            this.#remember({ ...this.#memory, board: board.uid, name: board.name });
          }
        }
        return work(session);
      },
      { job, signal },
    );
  }

  #isMine(board: Board): boolean {
    const key = this.#memory.board;
    return key !== undefined && (key === board.uid || key === board.id);
  }

  /** Shows a message about the kernel's own work if the log level allows it. */
  log(output: CellOutput, level: LogLevel, words: string): void {
    if (LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(this.logLevel)) {
      output.note(`${level} ${words}\n`);
    }
  }

  /** Adds a remark that helps the user with this error. */
  #noted(error: unknown): unknown {
    if (error instanceof ConnectionLostError) {
      this.#fresh = true;
      return new ConnectionLostError(l10n.t('The board was lost: {0}', error.message), {
        cause: error,
        hint: l10n.t(
          'Run the cell again once the board is back. If the board was reset, its variables are lost: run the cells above first.',
        ),
      });
    }
    if (error instanceof ConnectError) this.#fresh = true;
    return asError(error);
  }

  #remember(memory: KernelMemory): void {
    this.#memory = memory;
    this.options.onRemember?.(memory);
  }
}
