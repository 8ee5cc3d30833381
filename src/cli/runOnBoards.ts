import { concat, text, utf8 } from '../core/bytes';
import { CancelledError, FleetError, PythonError } from '../core/errors';
import { compressHostlist } from '../core/many/hostlist';
import { forEachBoard, type Outcome } from '../core/many/jobs';
import { resultOf, summarize, type BoardResult } from '../core/many/results';
import { resultsToJson, resultToText } from '../core/many/resultsExport';
import { chooseBoards } from './chooseBoards';
import { printable, type Cli } from './cli';
import type { CliBoard } from './cliBoard';
import { exitStatusOf } from './exitStatus';
import { loadLinks } from './links';
import { Progress } from './progress';

/** What the work on one board reports to. */
export interface BoardIo {
  readonly signal: AbortSignal;
  /** Output of the board's code, or a file's content: goes out as it comes when there is one board. */
  print(chunk: Uint8Array): void;
  /** The same, at once also when there are several boards, each line with its board's name. */
  printNow(chunk: Uint8Array): void;
  /** Lines for people; left out of JSON, which has the work's value instead. */
  say(text: string): void;
  /** Bytes moved; drawn when somebody watches. */
  progress(done: number, total: number, path: string): void;
}

/** Output kept per board until its turn to be shown; more is dropped, with a note. */
const OUTPUT_LIMIT = 16 * 1024 * 1024;

/**
 * Runs a verb on the boards that were chosen, several at once, and prints what they answer: one board as it comes, many in
 * a section each, `--json` as one array. What the work returns is the `value` in JSON.
 * @param doing the words over each section: "Executing"
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
    this.#progress.clear();
    if (options.json) this.cli.out(resultsToJson(outcomes.map((o) => this.#result(o))));
    if (this.boards.length > 1) {
      this.cli.err(`${printable(summarize(outcomes.map((o) => this.#result(o))))}\n`);
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

  /** Whole lines, each with its board's name, so that those of several boards do not mix. */
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

/** What a failed verb says on standard error: the traceback as the board printed it, or a sentence and what to do. */
export function errorText(error: Error): string {
  if (error instanceof PythonError)
    return `${printable(error.traceback.replaceAll('\r\n', '\n')).trimEnd()}\n`;
  const hint =
    error instanceof FleetError && error.code === 'programRunning'
      ? 'Nothing was done. To stop the program, add --stop (and --restart to start it again).'
      : error instanceof FleetError
        ? error.hint
        : undefined;
  return `mpyfleet: ${printable(error.message)}\n${hint === undefined ? '' : `${printable(hint)}\n`}`;
}

/** Output of one board, within bounds. */
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
