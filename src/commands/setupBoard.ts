import * as vscode from 'vscode';
import type { Board, Found } from '../core/board';
import { UsageError } from '../core/errors';
import { flashBoard, flashStep } from '../core/flash';
import type { SetupBoard } from '../core/setup';
import type { ViewContext } from '../views/context';
import { FIRST_START_MS, firstAnswer, targetOf } from './flashWork';

/** Time, in milliseconds, to press RESET on a board that the port cannot restart. */
const PRESS_RESET_MS = 300_000;

/** The board at one port, as the setup sees it. */
export class WindowBoard implements SetupBoard {
  constructor(
    private readonly context: ViewContext,
    private readonly found: Found,
  ) {}

  /** A chip learns its id with its firmware, so the port may belong to another board of the tree than before. */
  get board(): Board {
    const board = this.context.fleet.byAddress(this.found.address);
    if (board) return board;
    throw new UsageError(vscode.l10n.t('{0} was unplugged', this.found.address.text), {
      hint: vscode.l10n.t('Plug it in again, then continue.'),
    });
  }

  get name() {
    return this.board.name;
  }

  get files() {
    return this.board.files;
  }

  exec: SetupBoard['exec'] = (code, options) => this.board.exec(code, options);

  flash: SetupBoard['flash'] = async (firmware, { erase, signal, onChip, onProgress }) => {
    const { board, found } = this;
    await board.disconnect(); // an open link occupies the port
    const { esp } = await flashBoard(firmware, await targetOf(this.context, { board, found }), {
      ...{ log: this.context.log, signal, erase },
      onIdentity: ({ mac }) => onChip(mac.replace(/[^0-9a-f]/gi, '').toLowerCase()),
      onProgress: (p) => onProgress(flashStep(p), p.done, p.total),
    });
    return { restarted: esp?.restarted !== false };
  };

  info: SetupBoard['info'] = async ({ restarted, signal }) => {
    const limit = restarted ? FIRST_START_MS : PRESS_RESET_MS;
    const failure = await firstAnswer(() => this.board, signal, limit);
    const { implementation, version, platform, machine = '', ...rest } = this.board.info ?? {};
    if (!failure && implementation && version && platform) {
      return { implementation, version, platform, machine, ...rest };
    }
    throw new UsageError(vscode.l10n.t('{0} does not answer as MicroPython', this.name), {
      hint: vscode.l10n.t('Press RESET, or flash it first.'),
      ...(failure ? { cause: failure } : {}),
    });
  };

  reset(mode: 'soft' | 'hard', signal: AbortSignal): Promise<void> {
    return this.board.reset(mode, signal);
  }
}
