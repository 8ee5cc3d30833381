import * as vscode from 'vscode';
import type { Board, Found } from '../../core/board';
import { meansUnplugged, LinkLostError, UsageError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import {
  flashBoard,
  FlashError,
  flashStep,
  type Firmware,
  type LoaderDrive,
} from '../../core/flash';
import type { SetupBoard } from '../../core/setup';
import type { Needs } from '../../views/context';
import { type Chosen, FIRST_START_MS, firstAnswer, PortReturn, targetOf } from '../flash';

/** Milliseconds allowed for pressing RESET on a board that the port cannot restart. */
const PRESS_RESET_MS = 300_000;

/** The board at one port, or in a loader that shows a drive. The setup may stop and restart it. */
export class WindowBoard implements SetupBoard {
  #found: Found | undefined;
  /** Serial ports that appear after this board went into its loader. */
  #return: PortReturn | undefined;
  #isFlashed = false;
  /** The loader has received the firmware. */
  #taken = false;
  #policy: { readonly board: Board; readonly held: Disposable } | undefined;

  constructor(
    private readonly context: Needs<'log' | 'fleet' | 'flashPort' | 'many'>,
    private readonly chosen: Chosen,
  ) {
    this.#found = chosen.found;
  }

  /**
   * A chip gets its id with its firmware, so the port may belong to another board of the tree than
   * before.
   */
  get board(): Board {
    const found = this.#found;
    const board = found && this.context.fleet.byAddress(found.address);
    if (board) return this.#mayStop(board);
    throw new LinkLostError(vscode.l10n.t('{0} was unplugged', this.name), {
      hint: vscode.l10n.t('Plug it in again, then continue.'),
    });
  }

  get name(): string {
    const found = this.#found;
    const board = found && this.context.fleet.byAddress(found.address);
    return board?.name ?? found?.address.text ?? this.chosen.drive?.name ?? '';
  }

  /** Returns the address of the port where the board is now. */
  get place(): string | undefined {
    return this.#found?.address.text;
  }

  get files() {
    return this.board.files;
  }

  dispose(): void {
    this.#return?.dispose();
    this.#policy?.held.dispose();
  }

  exec: SetupBoard['exec'] = (code, options) => this.board.exec(code, options);

  flash: SetupBoard['flash'] = async (firmware, options) => {
    this.#isFlashed = true;
    if (firmware.kind === 'esp') return this.#flash(firmware, this.board, options);
    if (!this.#taken) {
      // After a failed attempt the board may be in its loader, so that only its drive exists.
      const found = this.#found;
      const known = found && this.context.fleet.byAddress(found.address);
      this.#return?.dispose();
      this.#return = new PortReturn(this.context.fleet);
      const { drive } = await this.#flash(
        firmware,
        known?.present ? this.board : undefined,
        options,
      );
      if (drive?.kind === 'dapLink' && found) return { restarted: true }; // the probe keeps its port
      this.#taken = true;
    }
    options.onProgress(vscode.l10n.t('Waiting for the board'), 0, 0);
    this.#found = (await this.#return?.port(options.signal)) ?? notBack(this.name);
    return { restarted: true };
  };

  async #flash(
    firmware: Firmware,
    board: Board | undefined,
    { erase, signal, onChip, onProgress }: Parameters<SetupBoard['flash']>[1],
  ): Promise<{ readonly restarted: boolean; readonly drive?: LoaderDrive }> {
    const { context, chosen } = this;
    const found = this.#found;
    await board?.disconnect(); // an open link occupies the port
    const target = board && found ? { board, found } : chosen.drive ? { drive: chosen.drive } : {};
    const { esp, drive } = await flashBoard(firmware, await targetOf(context, target), {
      ...{ log: context.log, signal, erase },
      onIdentity: ({ mac }) => onChip(mac.replace(/[^0-9a-f]/gi, '').toLowerCase()),
      onProgress: (p) => onProgress(flashStep(p), p.done, p.total),
    });
    return { restarted: esp?.restarted !== false, ...(drive ? { drive } : {}) };
  }

  info: SetupBoard['info'] = async ({ restarted, signal }) => {
    const limit = restarted ? FIRST_START_MS : PRESS_RESET_MS;
    // Without flashing, nothing makes the port come back.
    const givesUp = this.#isFlashed ? undefined : meansUnplugged;
    const info = await firstAnswer(() => this.board, signal, limit, givesUp);
    if (info instanceof Error && givesUp?.(info)) throw info;
    const isWhole = !(info instanceof Error) && info.version !== '' && info.platform !== '';
    if (isWhole) return info;
    throw new UsageError(vscode.l10n.t('{0} does not answer as MicroPython', this.name), {
      hint: vscode.l10n.t('Press RESET, or flash it first.'),
      ...(info instanceof Error ? { cause: info } : {}),
    });
  };

  reset(mode: 'soft' | 'hard', signal: AbortSignal): Promise<void> {
    return this.board.reset(mode, signal);
  }

  /**
   * Suppresses the question about the board's running program: the user has agreed to set the board
   * up.
   */
  #mayStop(board: Board): Board {
    if (this.#policy?.board !== board) {
      this.#policy?.held.dispose();
      const { stopPolicies } = this.context.many.jobs;
      this.#policy = { board, held: stopPolicies.hold(board, 'stop') };
    }
    return board;
  }
}

function notBack(name: string): never {
  throw new FlashError('notReady', vscode.l10n.t('{0} did not come back as a serial port', name), {
    hint: vscode.l10n.t('Unplug it, plug it in again, and try again. Its loader has the firmware.'),
    state: 'unknown',
  });
}
