/** One output in several formats by MIME type: text, an SVG picture, HTML. */
export type MimeBundle = Readonly<Record<string, string>>;

/** An output of a cell that can still change. */
export interface Display {
  update(data: MimeBundle): void;
}

/** Why a cell failed, in the fields of Jupyter's format. */
export interface CellFailure {
  /** `NameError`. */
  readonly name: string;
  /** `name 'a' isn't defined`. */
  readonly value: string;
  /** Lines of the traceback, possibly with terminal colours. */
  readonly traceback: readonly string[];
  /** The code of the cell raised it: the board and the kernel are well. */
  readonly raised?: boolean;
}

/** Receives a cell's output. The methods do not throw or wait, and keep the order. */
export interface CellOutput {
  /** Shows output of the code. */
  text(text: string): void;
  /** Shows a message of the kernel itself. */
  note(text: string): void;
  fail(failure: CellFailure): void;
  /** Shows a picture, a table, or (`result`) the value of the cell. */
  display(data: MimeBundle, kind?: 'display' | 'result'): Display;
  /** Asks the user for a line. Returns undefined if the user dismissed the question. */
  ask(prompt: string, signal: AbortSignal): Promise<string | undefined>;
}
