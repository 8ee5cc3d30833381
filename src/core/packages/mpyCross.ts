import { FleetError } from '../errors';
import type { TargetBoard } from './model';
import type { CompileResult } from './mpyCrossMessages';

/** Source that does not compile; `line` counts from 1. */
export class CompileError extends FleetError {
  readonly code = 'compile';

  constructor(
    readonly file: string,
    readonly line: number,
    /** What the compiler says: `SyntaxError: invalid syntax`. */
    readonly detail: string,
  ) {
    super(`${file}, line ${line}: ${detail}`, { hint: 'Mend the source; nothing was changed.' });
  }
}

/** mpy-cross: source and its options in, .mpy out. Injected; see MpyCrossThread. */
export type MpyCross = (source: string, options: readonly string[]) => Promise<CompileResult>;

/** The .mpy format that the bundled compiler writes (MicroPython 1.20 and later read 6.1 to 6.3). */
export const COMPILER_MPY_VERSION = 6;

/** Whether compiled files of ours run on the board. */
export function canCompileFor(board: TargetBoard): boolean {
  return board.mpy?.version === COMPILER_MPY_VERSION;
}

/** What mpy-cross says of `@micropython.native`, `viper` and inline assembler when it is told no architecture. */
const MACHINE_CODE = 'SyntaxError: invalid arch';

/**
 * Compiles one module to bytecode (no machine code, so it fits every architecture of that .mpy version). Undefined where the
 * source asks for machine code: that fits one chip and one release of MicroPython, so the board makes it from the source.
 * @param file the name that tracebacks will show
 * @throws CompileError with the line; FleetError when the board cannot load the result
 */
export async function compileMpy(
  file: string,
  source: string,
  board: TargetBoard,
  mpyCross: MpyCross,
): Promise<Uint8Array | undefined> {
  if (!canCompileFor(board)) throw new WrongMpyVersionError(board);
  const { status, mpy, out, err } = await mpyCross(source, ['-s', file]);
  if (status === 0 && mpy) return mpy;
  const report = [...err, ...out].join('\n');
  if (report.includes(MACHINE_CODE)) return undefined;
  const line = [...report.matchAll(/^ *File .*, line (\d+)/gm)].at(-1)?.[1];
  const detail = /^\w*(?:Error|Exception):.*$/m.exec(report)?.[0];
  throw new CompileError(
    file,
    Number(line ?? 1),
    detail ?? (report.trim() || 'cannot be compiled'),
  );
}

/** The board loads another .mpy format, or none. */
export class WrongMpyVersionError extends FleetError {
  readonly code = 'mpyVersion';

  constructor(board: TargetBoard) {
    super(
      board.mpy
        ? `The board loads .mpy version ${board.mpy.version}, but version ${COMPILER_MPY_VERSION} is what can be made here`
        : 'The board loads no .mpy files',
      { hint: 'Send the .py source instead, or update the firmware.' },
    );
  }
}
