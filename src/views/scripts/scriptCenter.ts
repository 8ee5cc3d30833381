import * as vscode from 'vscode';
import {
  boardSchedules,
  KeptScripts,
  nextOf,
  type Schedule,
  type ScheduleBoard,
  ScheduleFile,
  type ScheduleState,
} from '../../core/apps';
import type { Board } from '../../core/board';
import { FleetError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import type { BrokerCenter } from '../broker';

/**
 * Manages scripts and schedules: those of this computer, which it shares with the shell, and those
 * of boards.
 */
export class ScriptCenter implements Disposable {
  readonly kept = new KeptScripts(process.env);
  readonly file = new ScheduleFile(process.env);
  readonly #changed = new vscode.EventEmitter<Board | undefined>();
  /** Scripts or schedules of a board, or of this computer, have changed. */
  readonly onDidChange = this.#changed.event;

  constructor(private readonly brokers: Pick<BrokerCenter, 'hub'>) {}

  /** Makes the views read the schedules of a board, or of all boards, again. */
  changed(board?: Board): void {
    this.#changed.fire(board);
  }

  /** Returns the schedules of this computer with their next run, in milliseconds since 1970. */
  async ofComputer(): Promise<readonly (Schedule & { readonly next: number | undefined })[]> {
    const now = Date.now();
    return (await this.file.read()).map((s) => ({ ...s, next: nextOf(s, now) }));
  }

  /** Returns a board's schedules. Empty if the board cannot run any. */
  async ofBoard(board: Board): Promise<readonly ScheduleState[]> {
    try {
      return await boardSchedules(this.partOf(board));
    } catch (error) {
      if (error instanceof FleetError && error.code === 'agentRefused') return []; // no supervisor
      throw error;
    }
  }

  /** Returns the parts of a board that schedules need. */
  partOf(board: Board): ScheduleBoard {
    const control = this.#controlOf(board);
    return {
      files: board.files,
      control,
      restart: (signal) => board.reset(control ? 'hard' : 'soft', signal),
    };
  }

  dispose(): void {
    this.#changed.dispose();
  }

  /** Returns the agent of a board that is now connected to a broker. */
  #controlOf(board: Board) {
    for (const { present, found } of board.links) {
      if (!present || found.address.kind !== 'mqtt') continue;
      const control = this.brokers.hub.agent(found.address.broker, found.address.uid);
      if (control?.birth) return control;
    }
    return undefined;
  }
}
