import { afterAll, beforeAll } from 'vitest';
import { startUboard } from '../../lab/index.mjs';
import type { Uboard } from '../../lab/uboard.mjs';
import { BuiltCli, type RunOptions } from './cliRig';

/** The built `mpyfleet`, and two boards on cables, for all tests of the calling file. */
export class CliBoards {
  #cli: BuiltCli | undefined;
  #boards: readonly Uboard[] = [];

  /** Call it at the top level of a test file: it starts the boards before its tests and stops them afterwards. */
  static use(): CliBoards {
    const rig = new CliBoards();
    beforeAll(async () => {
      rig.#cli = await BuiltCli.build();
      rig.#boards = await Promise.all([startUboard(), startUboard()]);
    });
    afterAll(async () => {
      await Promise.all(rig.#boards.map((board) => board.stop()));
    });
    return rig;
  }

  get cli(): BuiltCli {
    if (!this.#cli) throw new Error('the program is built before the first test');
    return this.#cli;
  }

  get boards(): readonly Uboard[] {
    return this.#boards;
  }

  /** Path of the port of the first board, or of another one. */
  tty(index = 0): string {
    return this.#boards[index]?.tty ?? '';
  }

  /** Address of the first board. */
  get one(): string {
    return `serial:${this.tty()}`;
  }

  /** Both boards, as `-b` takes them. */
  get both(): string {
    return this.#boards.map((board) => board.tty).join(',');
  }

  on(which: string, ...args: string[]): ReturnType<BuiltCli['run']> {
    return this.cli.run(['-b', which, ...args]);
  }

  exec(code: string, options: RunOptions = {}): ReturnType<BuiltCli['run']> {
    return this.cli.run(['-b', this.one, 'exec', code], options);
  }
}
