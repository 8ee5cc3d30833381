import type { NotebookKernel } from './kernel';
import type { MagicArgs, MagicSpec } from './magicArgs';
import type { CellOutput } from './output';

/** One call of a magic. */
export interface MagicCall {
  readonly kernel: NotebookKernel;
  readonly args: MagicArgs;
  /** The line after the name, as written. */
  readonly line: string;
  /** Lines below a cell magic; '' for a line magic. */
  readonly body: string;
  /** First line of the body in the cell, counted from 0. */
  readonly bodyLine: number;
  /** The cell's number. */
  readonly cell: number;
  readonly out: CellOutput;
  readonly signal: AbortSignal;
  /** Sends the output of the rest of the cell to `output`. `end` is called when the cell is done. */
  redirect(output: CellOutput, end: () => void): void;
}

/** A magic: its syntax and its action. */
export interface Magic extends MagicSpec {
  /** Other names of the same magic. */
  readonly aliases?: readonly string[];
  run(call: MagicCall): Promise<void> | void;
}
