import type { VerbRun } from './cli';
import { COMMON, ON_BOARDS, type OptionName } from './options';

/** A command of the command line. Its code is loaded when it is used. */
export interface Verb {
  readonly name: string;
  /** Arguments as the help shows them. */
  readonly args: string;
  readonly summary: string;
  readonly details?: string;
  readonly options: readonly OptionName[];
  readonly load: () => Promise<VerbRun>;
}

export const VERBS: readonly Verb[] = [
  {
    name: 'exec',
    args: 'CODE | FILE | -',
    summary: 'run Python code on the boards; its output comes as it is printed',
    details: '- reads the code from standard input. Status 1: the code raised an exception.',
    options: [...COMMON, ...ON_BOARDS],
    load: async () => (await import('./verbs/exec')).run,
  },
  {
    name: 'reset',
    args: '[--hard]',
    summary: 'start the board again: softly, so that main.py runs, or as if power had been cut',
    options: [...COMMON, 'board', 'timeout', 'parallel', 'hard'],
    load: async () => (await import('./verbs/board')).reset,
  },
];

export function findVerb(name: string): Verb | undefined {
  return VERBS.find((v) => v.name === name);
}
