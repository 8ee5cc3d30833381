import type { VerbRun } from '../cli';
import type { OptionName } from './optionTable';

/** A command of the command line. Its code is loaded when it is used. */
export interface Verb {
  readonly name: string;
  /** Arguments as the help shows them. */
  readonly args: string;
  readonly summary: string;
  readonly details?: string;
  /** What may come next, where that is known: completion offers it. */
  readonly words?: readonly string[];
  readonly options: readonly OptionName[];
  /** What the audit records: name and arguments by default. `name`: only the name, because its arguments may be code. */
  readonly audit?: 'name' | 'nothing';
  /** It needs no boards, or its own connections for a long time: it never runs in a window. */
  readonly alone?: true;
  readonly load: () => Promise<VerbRun>;
}
