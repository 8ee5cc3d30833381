import type { AgentConfig, AgentFit, AgentSource, InstallTarget } from '../agent';
import type { AppPackage, Supervisor } from '../apps';
import type { Clock } from '../async';
import type { BoardInfo } from '../board';
import type { WriteItem } from '../boardFiles';
import type { Firmware } from '../flash';
import type { HandOver } from './handOver';
import type { BoardName } from './names';
import type { SetupRecord } from './record';
import type { StepName } from './stepNames';
import type { TemplateBroker, TemplateFile } from './template';

export type { StepName };

/** The board that is being set up, on its cable. */
export interface SetupBoard extends InstallTarget {
  /**
   * Writes firmware.
   * @param options.onChip called with the chip's address before anything is erased
   * @returns whether the board starts without its RESET button
   */
  flash(
    firmware: Firmware,
    options: {
      readonly erase: boolean;
      readonly signal: AbortSignal;
      readonly onChip: (chip: string) => void;
      readonly onProgress: (words: string, done: number, total: number) => void;
    },
  ): Promise<{ readonly restarted: boolean }>;
  /** Waits until MicroPython answers. @throws FleetError with a hint */
  info(options: { readonly restarted: boolean; readonly signal: AbortSignal }): Promise<BoardInfo>;
  reset(mode: 'soft' | 'hard', signal: AbortSignal): Promise<void>;
}

/** A broker as one board uses it. */
export interface BrokerPlace {
  /** Its name for people. */
  readonly name: string;
  readonly root?: string;
  readonly broker: AgentConfig['broker'];
  /**
   * Begins to listen, and resolves when the board announces itself from then on. Undefined: the broker belongs to another
   * owner, so it cannot be asked from this computer.
   */
  readonly expect?: (uid: string, signal: AbortSignal) => Promise<void>;
  /** Called after the board has announced itself and its restart over the cable has ended. */
  readonly arrived?: (signal: AbortSignal) => Promise<void>;
}

/** The Wi-Fi networks in the agent's configuration. */
export type SetupNetworks = NonNullable<AgentConfig['wifi']>;

/** Services that the window or the command line provides for a setup. */
export interface SetupHost {
  /** Returns the firmware of the template, loaded once for all boards. */
  firmware(use: string, signal: AbortSignal): Promise<Firmware>;
  secret(name: string): Promise<string | undefined>;
  /** Returns the record of an earlier run on the same board. */
  earlier(board: Pick<SetupRecord, 'uid' | 'chip'>): SetupRecord | undefined;
  nextName(pattern: string): BoardName;
  /** Called with the board's name, so that this computer uses it too. */
  named?(uid: string | undefined, name: string): Promise<void>;
  /** Asks for the board's networks once and remembers the answer; undefined: the template names them. */
  networks?(fit: AgentFit): Promise<SetupNetworks>;
  /** Returns how the board reaches its broker. @param broker without placeholders */
  broker(broker: TemplateBroker, fit: AgentFit, signal: AbortSignal): Promise<BrokerPlace>;
  /**
   * Keeps a board's new key before the board has it, so that an interruption cannot lose it.
   * @returns the key that this computer had for the board
   */
  keepKey(uid: string, key: Uint8Array): Promise<Uint8Array | undefined>;
  /** Opens the file in which keys are handed over to the owner of the broker, once for each passphrase. */
  handOver(passphrase: string): Promise<HandOver>;
  agentSource(fit: AgentFit): Promise<AgentSource>;
  /** Returns the local files of the template's entry, with their content for the board. */
  files(file: TemplateFile, signal: AbortSignal): Promise<readonly WriteItem[]>;
  app(folder: string, signal: AbortSignal): Promise<AppPackage>;
  supervisor(): Promise<Supervisor>;
  /** Sets up stubs for the board. @returns a note if that is not possible here */
  stubs(info: BoardInfo, signal: AbortSignal): Promise<string | undefined>;
}

/** How one board is set up. */
export interface SetUpOptions {
  readonly signal: AbortSignal;
  /** The record of an earlier run on this board. Its completed steps are skipped. */
  readonly before?: SetupRecord;
  /** Steps of the template that are left out. */
  readonly without?: readonly StepName[];
  /** Set up a board again that was finished earlier. */
  readonly again?: boolean;
  readonly onStep?: (step: StepName, words: string, done?: number, total?: number) => void;
  /** UTC; tests inject their own. */
  readonly now?: () => Date;
  readonly clock?: Clock;
}
