import { FileError, FleetError, ProtocolError, PythonError, UsageError } from '../core/errors';
import type { Outcome } from '../core/many/jobs';

/** Exit statuses of mpyfleet; scripts rely on them. */
export const EXIT = {
  ok: 0,
  /** An exception on the board, or a file operation that the board refused. */
  board: 1,
  /** The link failed: not there, lost, silent, or a program runs and may not be stopped. */
  link: 2,
  /** A fault of mpyfleet itself. */
  internal: 70,
  /** The command line makes no sense (sysexits EX_USAGE). */
  usage: 64,
  /** Ctrl-C. */
  cancelled: 130,
} as const;

/** The status that an error ends the program with. */
export function exitStatus(error: unknown): number {
  if (error instanceof PythonError || error instanceof FileError) return EXIT.board;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof ProtocolError) return EXIT.link;
  if (!(error instanceof FleetError)) return EXIT.internal;
  return error.code === 'cancelled' ? EXIT.cancelled : EXIT.link;
}

/** The status for many boards: that of the worst, so that 0 means that all went well. */
export function exitStatusOf(outcomes: readonly Outcome<unknown, unknown>[]): number {
  const statuses = outcomes.map((o) =>
    o.status === 'ok' ? EXIT.ok : o.status === 'cancelled' ? EXIT.cancelled : exitStatus(o.error),
  );
  return Math.max(EXIT.ok, ...statuses);
}
