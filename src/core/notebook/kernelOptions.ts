import type { NotebookHost } from './host';
import type { HostPlace } from './hostPlace';
import type { Magic } from './magic';
import type { CellOutput } from './output';
import type { Shared } from './shared';

/** The part of a kernel's state that survives a reload of the window. */
export interface KernelMemory {
  /** The uid of the chosen board, or its id while the uid is unknown. */
  readonly board?: string;
  /** Its name, for messages while the board is not connected. */
  readonly name?: string;
  /** The working directory on the board. */
  readonly cwd?: string;
}

/** A cell to run. */
export interface CellRun {
  readonly source: string;
  /** The cell's number, as in `In [3]`. */
  readonly cell: number;
  readonly output: CellOutput;
  readonly signal: AbortSignal;
}

/** What a kernel needs. */
export interface KernelOptions {
  readonly host: NotebookHost;
  readonly shared: Shared;
  readonly magics: readonly Magic[];
  /** The notebook's name, shown to others who wait for the board. */
  readonly name: string;
  readonly memory?: KernelMemory;
  /** Shared with the kernel that runs the whole cell. */
  readonly here?: HostPlace;
  /** Fires when the remembered state changes. */
  readonly onRemember?: (memory: KernelMemory) => void;
}
