import {
  FileError,
  FleetError,
  IncompleteError,
  ProtocolError,
  PythonError,
  UsageError,
  WentBackError,
} from '../core/errors';
import type { Outcome } from '../core/many';

/** Exit statuses of mpyfleet; scripts rely on them. */
export const EXIT = {
  ok: 0,
  /** An exception on the board, a file operation that it refused, an update that it reverted, or a sync that left files out. */
  board: 1,
  /** The link failed (not found, lost, silent), or a running program may not be stopped. */
  link: 2,
  /** A bug in mpyfleet. */
  internal: 70,
  /** The command line is invalid (EX_USAGE of sysexits). */
  usage: 64,
  /** Ctrl-C. */
  cancelled: 130,
  /** The reader of the output has ended, as in `mpyfleet … | head`: 128 and the number of SIGPIPE, as shells report it of other tools. */
  pipe: 141,
} as const;

/** Returns the exit status for an error. */
export function exitStatus(error: unknown): number {
  if (error instanceof PythonError || error instanceof FileError) return EXIT.board;
  if (error instanceof WentBackError || error instanceof IncompleteError) return EXIT.board;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof ProtocolError) return EXIT.link;
  if (!(error instanceof FleetError)) return EXIT.internal;
  return error.code === 'cancelled' ? EXIT.cancelled : EXIT.link;
}

/** Returns the worst status of many boards, so that 0 means that all succeeded. */
export function exitStatusOf(outcomes: readonly Outcome<unknown, unknown>[]): number {
  const statuses = outcomes.map((o) =>
    o.status === 'ok' ? EXIT.ok : o.status === 'cancelled' ? EXIT.cancelled : exitStatus(o.error),
  );
  return Math.max(EXIT.ok, ...statuses);
}
