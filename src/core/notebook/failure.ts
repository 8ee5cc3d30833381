import { asError, CancelledError, FleetError, PythonError } from '../errors';
import type { CellFailure } from './output';

/** Maps lines of code to lines of a cell. */
export interface CodePlace {
  /** The cell's number, as in `In [3]`. */
  readonly cell: number;
  /** Number of lines in the cell before the code. */
  readonly offset: number;
}

const RED = '\x1b[31m';
const PLAIN = '\x1b[0m';

/** Converts an error to the form that a notebook stores. Traceback lines name the line of the cell. */
export function failureOf(error: unknown, place?: CodePlace): CellFailure {
  if (error instanceof CellError) {
    const { failure } = error;
    const traceback = failure.traceback.map((line) => frameInCell(line, place));
    return { ...failure, traceback, raised: true };
  }
  if (error instanceof PythonError) return pythonFailure(error, place);
  if (error instanceof CancelledError) {
    // Without a reason, the user cancelled it.
    const byUser = error.message === new CancelledError().message;
    const value = byUser ? 'The cell was interrupted' : error.message;
    return { name: 'KeyboardInterrupt', value, traceback: [headline('KeyboardInterrupt', value)] };
  }
  const { name, message } = asError(error);
  const hint = error instanceof FleetError ? error.hint : undefined;
  return {
    name,
    value: message,
    traceback: [headline(name, message), ...(hint === undefined ? [] : [hint])],
  };
}

/** A failure of Python on this computer, already in the notebook's form. */
export class CellError extends FleetError {
  readonly code = 'cell';

  constructor(readonly failure: CellFailure) {
    super(`${failure.name}: ${failure.value}`);
  }
}

function headline(name: string, value: string): string {
  return `${RED}${name}${PLAIN}: ${value}`;
}

function pythonFailure(error: PythonError, place: CodePlace | undefined): CellFailure {
  const name = error.type || 'Error';
  const lines = error.traceback.trimEnd().split(/\r?\n/);
  return {
    name,
    value: error.detail || error.message,
    raised: true,
    traceback: lines.map((line) =>
      line.startsWith(error.type) && error.type !== ''
        ? `${RED}${error.type}${PLAIN}${line.slice(error.type.length)}`
        : frameInCell(line, place),
    ),
  };
}

/** Rewrites `File "<stdin>", line 2` to `Cell In[3], line 7`. VS Code turns IPython's wording into a link to that line. */
export function frameInCell(line: string, place: CodePlace | undefined): string {
  if (!place) return line;
  return line.replace(
    /File "<(?:stdin|string)>", line (\d{1,7})/,
    (_, number: string) => `Cell In[${place.cell}], line ${Number(number) + place.offset}`,
  );
}
