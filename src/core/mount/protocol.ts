/** The requests of board/snippets/mount*.py, by number. */
export const ASKS = {
  stat: 1,
  list: 2,
  read: 3,
  write: 4,
  size: 5,
  chdir: 6,
  open: 7,
  remove: 8,
  rmdir: 9,
  mkdir: 10,
  space: 11,
  rename: 12,
} as const;
export type Ask = keyof typeof ASKS;

const NAMES = new Map<number, Ask>(
  Object.entries(ASKS).map(([name, number]) => [number, name as Ask]),
);

/** Most bytes of data in a request. The board sends no more; more is output that looks like one. */
const MOST_DATA = 1000;
/** Bytes between the mark and the data: what is asked, length (2), sum. */
const HEAD = 4;
/** Most bytes in the body of an answer. */
export const MOST_BODY = 0xffffff;
/** Bytes of a body that the board reads at once; it asks for each block when it is about to. */
export const BLOCK = 960;
/** Bytes that may be sent before it asks: a receive ring of MicroPython holds 260. */
export const AHEAD = 240;

/** What the board sends while it reads an answer. */
export const READS_BLOCK = 0x06;
export const GIVES_UP = 0x15;
export const OVER = 0x17;

/** One request, with an intact sum; `damaged`: it was not intact. */
export interface Request {
  readonly ask: Ask | 'damaged';
  readonly data: Uint8Array;
  /** Bytes that it took. */
  readonly length: number;
}

/**
 * Reads the request after a mark. `more`: not all of it has arrived. Undefined: this is no request,
 * although the mark precedes it.
 */
export function readRequest(bytes: Uint8Array): Request | 'more' | undefined {
  const [what, low, high, sum] = bytes;
  const ask = what === undefined ? undefined : NAMES.get(what);
  if (what !== undefined && ask === undefined) return undefined;
  if (low === undefined || high === undefined || sum === undefined) return 'more';
  const size = low + 256 * high;
  if (size > MOST_DATA) return undefined;
  if (bytes.length < HEAD + size) return 'more';
  const data = bytes.slice(HEAD, HEAD + size);
  const isIntact = data.reduce((all, byte) => (all + byte) & 255, 0) === sum;
  return { ask: ask !== undefined && isIntact ? ask : 'damaged', data, length: HEAD + size };
}

/** Returns the head of an answer. Its body and {@link OVER} follow. */
export function answerHead(errno: number, size: number): Uint8Array {
  const head = Uint8Array.of(0x16, errno, size & 255, (size >> 8) & 255, size >> 16, 0, 0);
  head[6] = head.reduce((all, byte) => (all + byte) & 255, 0);
  return head;
}

/** Numbers of errors on boards (py/mperrno.h), by their name. */
const ERRNO: Readonly<Record<string, number>> = {
  ...{ EPERM: 1, ENOENT: 2, EIO: 5, EBADF: 9, EACCES: 13, EBUSY: 16, EEXIST: 17, EXDEV: 18 },
  ...{ ENOTDIR: 20, EISDIR: 21, EINVAL: 22, EMFILE: 24, ENFILE: 23, EFBIG: 27, ENOSPC: 28 },
  ...{ EROFS: 30, ENAMETOOLONG: 22, ENOTEMPTY: 39, ELOOP: 40 },
};

/** Returns the board's number of an error of this computer; EIO for those that boards do not know. */
export function errnoOf(error: unknown): number {
  const { code } = error as NodeJS.ErrnoException;
  return ERRNO[code ?? ''] ?? 5;
}

/** Why a request was refused, by the name of its errno. */
export class Refusal extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}
