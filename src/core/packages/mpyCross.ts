import * as l10n from '@vscode/l10n';
import { FleetError } from '../errors';
import type { TargetBoard } from './model';
import type { CompileResult } from './mpyCrossMessages';

/** The source does not compile; `line` counts from 1. */
export class CompileError extends FleetError {
  readonly code = 'compile';

  constructor(
    readonly file: string,
    readonly line: number,
    /** The compiler's message, such as `SyntaxError: invalid syntax`. */
    readonly detail: string,
  ) {
    super(l10n.t('{0}, line {1}: {2}', file, line, detail), {
      hint: l10n.t('Fix the source; nothing was changed.'),
    });
  }
}

/** Runs mpy-cross: source and options in, .mpy out. Injected; see MpyCrossThread. */
export type MpyCross = (source: string, options: readonly string[]) => Promise<CompileResult>;

/** The .mpy version that the bundled compiler writes (MicroPython 1.20 and later read 6.1 to 6.3). */
export const COMPILER_MPY_VERSION = 6;

/** Returns whether the board can run files compiled by the bundled compiler. */
export function canCompileFor(board: TargetBoard): boolean {
  return board.mpy?.version === COMPILER_MPY_VERSION;
}

/**
 * mpy-cross's message for `@micropython.native`, `viper` and inline assembler if no architecture is given, and for an
 * assembler that it does not know yet (`asm_rv32`).
 */
const MACHINE_CODE = /SyntaxError: invalid (?:arch|micropython decorator)/;

/**
 * Compiles one module to bytecode, which runs on every architecture of that .mpy version. Returns undefined if the source asks
 * for machine code (which fits one chip and one release of MicroPython) or uses syntax newer than the compiler. The board then
 * gets the source.
 * @param file the name that tracebacks show
 * @throws CompileError with the line; FleetError when the board cannot load the result
 */
export async function compileMpy(
  file: string,
  source: string,
  board: TargetBoard,
  mpyCross: MpyCross,
): Promise<Uint8Array | undefined> {
  if (!canCompileFor(board)) throw new WrongMpyVersionError(board);
  const { status, mpy, out, err, newer } = await mpyCross(source, ['-s', file]);
  if (status === 0 && mpy) return mpy;
  const report = [...err, ...out].join('\n');
  if (newer || MACHINE_CODE.test(report)) return undefined;
  const line = [...report.matchAll(/^ *File .*, line (\d+)/gm)].at(-1)?.[1];
  const detail = /^\w*(?:Error|Exception):.*$/m.exec(report)?.[0];
  throw new CompileError(
    file,
    Number(line ?? 1),
    detail ?? (report.trim() || 'cannot be compiled'),
  );
}

/** The board loads another .mpy version, or none. */
export class WrongMpyVersionError extends FleetError {
  readonly code = 'mpyVersion';

  constructor(board: TargetBoard) {
    super(
      board.mpy
        ? l10n.t(
            'The board loads .mpy version {0}, but this computer compiles version {1}',
            board.mpy.version,
            COMPILER_MPY_VERSION,
          )
        : l10n.t('The board does not load .mpy files'),
      { hint: l10n.t('Send the .py source instead, or update the firmware.') },
    );
  }
}
