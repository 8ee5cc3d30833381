import type { VerbRun } from '../cli';
import type { OptionName } from './optionTable';

/** A command of the command line. Its code is loaded on first use. */
export interface Verb {
  readonly name: string;
  /** Arguments, as shown in the help. */
  readonly args: string;
  readonly summary: string;
  readonly details?: string;
  /** Possible next words for completion, if they are known. */
  readonly words?: readonly string[];
  readonly options: readonly OptionName[];
  /**
   * What the audit records: name and arguments by default. `name`: only the name, because its arguments may be code. `action`: name
   * and first argument, because the others may be values of settings.
   */
  readonly audit?: 'name' | 'action' | 'nothing';
  /** Actions (first arguments) that only look, so the audit does not record them. */
  readonly looks?: readonly string[];
  /** It needs no boards, or its own connections for a long time, so it never runs in a window. */
  readonly alone?: true;
  readonly load: () => Promise<VerbRun>;
}
