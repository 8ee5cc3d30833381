import { setMaxListeners } from 'node:events';
import { auditError } from '../../core/audit/auditError';
import type { AuditBoard } from '../../core/store';
import { concat, text, utf8 } from '../../core/bytes';
import { CancelledError, FleetError, PythonError } from '../../core/errors';
import {
  type BoardResult,
  compressHostlist,
  forEachBoard,
  type Outcome,
  resultOf,
  resultsToJson,
  resultToText,
  summarize,
} from '../../core/many';
import { chooseBoards } from './choose';
import { printable, type Cli } from '../cli';
import type { CliBoard } from './cliBoard';
import { exitStatusOf } from '../exitStatus';
import { loadLinks } from './links';
import { Progress } from './progress';

/** Receives output and progress of the work on one board. */
export interface BoardIo {
  readonly signal: AbortSignal;
  /**
   * Takes output of the board's code, or a file's content. With one board, it is printed as it
   * arrives.
   */
  print(chunk: Uint8Array): void;
  /** Streams the output even with several boards; each line starts with its board's name. */
  printNow(chunk: Uint8Array): void;
  /** Prints a line for people. JSON output omits it and contains the work's result instead. */
  say(text: string): void;
  /** Reports bytes moved; drawn if there is a terminal. */
  progress(done: number, total: number, path: string): void;
}

/**
 * Characters of output kept per board until its section is printed. More is dropped, with a note.
 */
const OUTPUT_LIMIT = 16 * 1024 * 1024;

/**
 * Runs a verb on the selected boards in parallel and prints their answers: one board streams,
 * several get a section each, `--json` is one array. The work's return value is `value` in JSON.
 * @param doing heading of each section: "Executing"
 * @returns the exit status
 */
export async function runOnBoards(
  cli: Cli,
  doing: string,
  work: (board: CliBoard, io: BoardIo, boards: readonly CliBoard[]) => Promise<unknown>,
): Promise<number> {
  const links = await loadLinks(cli);
  try {
    const boards = await chooseBoards(cli, links);
    setMaxListeners(0, cli.signal); // every board waits for the same one
    if (boards.length > 1) {
      cli.err(
        `${doing} on ${boards.length} boards: ${compressHostlist(boards.map((b) => b.name))}\n`,
      );
    }
    return await new Run(cli, doing, boards).start(work);
  } finally {
    await links.close();
  }
}

class Run {
  readonly #outputs = new Map<CliBoard, Collected>();
  readonly #partial = new Map<CliBoard, string>();
  readonly #live: boolean;
  readonly #progress: Progress;

  constructor(
    private readonly cli: Cli,
    private readonly doing: string,
    private readonly boards: readonly CliBoard[],
  ) {
    this.#live = boards.length === 1 && !cli.options.json;
    this.#progress = new Progress(cli, boards.length);
  }

  async start(
    work: (board: CliBoard, io: BoardIo, boards: readonly CliBoard[]) => Promise<unknown>,
  ): Promise<number> {
    const { options, signal } = this.cli;
    const outcomes = await forEachBoard<CliBoard, unknown>(
      this.boards,
      async (board, own) => {
        try {
          const value = await work(board, this.#io(board, own), this.boards);
          await board.finish(own);
          return value;
        } finally {
          await board.close();
        }
      },
      {
        concurrency: options.parallel,
        timeoutMs: options.timeoutMs,
        signal,
        onProgress: (p) => {
          if (p.status !== 'running') this.#ended(p);
        },
      },
    );
    for (const outcome of outcomes) this.cli.worked?.(audited(outcome));
    this.#progress.clear();
    if (options.json) this.cli.out(resultsToJson(outcomes.map((o) => this.#result(o))));
    if (this.boards.length > 1) {
      this.cli.err(`${printable(summarize(outcomes.map((o) => this.#result(o))))}\n`);
      if (!options.json) for (const line of nextSteps(outcomes)) this.cli.err(line);
    }
    return exitStatusOf(outcomes);
  }

  #io(board: CliBoard, signal: AbortSignal): BoardIo {
    const output = new Collected();
    this.#outputs.set(board, output);
    const print = (chunk: Uint8Array) => {
      if (!this.#live) {
        output.add(chunk);
        return;
      }
      this.#progress.clear();
      this.cli.out(chunk);
    };
    return {
      signal,
      print,
      printNow: (chunk) => {
        if (this.#live || this.cli.options.json) print(chunk);
        else this.#tagged(board, chunk);
      },
      say: (line) => {
        if (!this.cli.options.json) print(utf8(line));
      },
      progress: (done, total, path) => this.#progress.bytes(done, total, path),
    };
  }

  /**
   * Prints whole lines, each with its board's name, so that the lines of several boards do not mix.
   */
  #tagged(board: CliBoard, chunk: Uint8Array): void {
    const text = (this.#partial.get(board) ?? '') + new TextDecoder().decode(chunk);
    const lines = text.split('\n');
    this.#partial.set(board, lines.pop() ?? '');
    for (const line of lines) this.cli.out(`${printable(board.name)}: ${printable(line)}\n`);
  }

  #ended(outcome: Outcome<CliBoard, unknown>): void {
    if (outcome.status === 'failed') this.cli.log.debug(outcome.error.stack ?? '');
    if (this.cli.options.json) return;
    this.#progress.clear();
    if (!this.#live) {
      this.cli.out(printable(resultToText(this.doing, this.#result(outcome))));
    } else if (outcome.status === 'failed') this.cli.err(errorText(outcome.error));
    else if (outcome.status === 'cancelled') this.cli.err(errorText(new CancelledError()));
  }

  #result(outcome: Outcome<CliBoard, unknown>): BoardResult {
    const { board } = outcome;
    const output = this.#outputs.get(board)?.text() ?? '';
    return resultOf(outcome, { board: board.name, id: board.address.text }, output);
  }
}

/** Returns how the work ended on a board, for the audit. */
function audited(outcome: Outcome<CliBoard, unknown>): AuditBoard {
  const { name, uid } = outcome.board;
  const who = { ...(uid === undefined ? {} : { uid }), name };
  if (outcome.status === 'cancelled') return { ...who, status: 'cancelled' };
  return { ...who, ...auditError(outcome.status === 'failed' ? outcome.error : undefined) };
}

/** Returns the text of a failed command for standard error: the traceback as the board printed it, or a sentence and a hint. */
export function errorText(error: Error): string {
  if (error instanceof PythonError) {
    return withHint(error.traceback.replaceAll('\r\n', '\n').trimEnd(), error.hint);
  }
  return `mpyfleet: ${withHint(error.message, hintOf(error))}`;
}

function hintOf(error: Error): string | undefined {
  if (!(error instanceof FleetError)) return undefined;
  return error.code === 'programRunning'
    ? 'Nothing was done. To stop the program, add --stop (and --restart to start it again).'
    : error.hint;
}

/** Returns what to do about each kind of failure, once, with the boards that it concerns. */
function nextSteps(outcomes: readonly Outcome<CliBoard, unknown>[]): string[] {
  const boards = new Map<string, string[]>();
  for (const outcome of outcomes) {
    const hint = outcome.status === 'failed' ? hintOf(outcome.error) : undefined;
    if (hint === undefined) continue;
    boards.set(hint, [...(boards.get(hint) ?? []), outcome.board.name]);
  }
  return [...boards].map(([hint, names]) => printable(`${compressHostlist(names)}: ${hint}\n`));
}

/** Returns a message and its hint, a line each. */
export function withHint(message: string, hint: string | undefined): string {
  return `${printable(message)}\n${hint === undefined ? '' : `${printable(hint)}\n`}`;
}

/** Collects the output of one board, up to a limit. */
class Collected {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #dropped = 0;

  add(chunk: Uint8Array): void {
    if (this.#size + chunk.length > OUTPUT_LIMIT) this.#dropped += chunk.length;
    else {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
    }
  }

  text(): string {
    const all = text(concat(this.#chunks));
    return this.#dropped === 0 ? all : `${all}\n[${this.#dropped} more bytes were not kept]\n`;
  }
}
