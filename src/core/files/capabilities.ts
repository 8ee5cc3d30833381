import probe from '../../../board/snippets/probe.py';
import report from '../../../board/snippets/report.py';
import { ProtocolError } from '../errors';
import type { ExecOptions, Session } from '../transport';
import { Answer, damagedLine, isDamage, minify, wireForm } from './snippets';

/** What a board and its link can do for transfers: asked once a connection, in one round trip. */
export interface Capabilities {
  /** Code that runs can be fed bytes, and the board can wait for them with a time limit. */
  readonly stdin: boolean;
  /** deflate.DeflateIO and io.BytesIO. */
  readonly deflate: boolean;
  readonly sha256: boolean;
  /** binascii with crc32 and base64. */
  readonly binascii: boolean;
  readonly ilistdir: boolean;
  readonly stat: boolean;
  readonly statvfs: boolean;
  readonly rename: boolean;
  /** Bytes of heap that were free after a collection; 0: unknown. */
  readonly heap: number;
  /** Seconds from 1970 to the epoch of the board's clock; undefined: it has no clock. */
  readonly epoch: number | undefined;
  /** Ways to write that have turned out to need more memory than the board has. */
  readonly tooLarge: Set<'stream' | 'store'>;
}

/** Nothing is known yet: the question itself is sent in the plainest way. */
const UNKNOWN = { binascii: false, deflate: false, heap: 0 };
const ATTEMPTS = 3;
const SILENCE_MS = 10_000;
const YEAR_2000 = 946_684_800;

/** Asks the board. @throws ProtocolError when no sensible answer comes */
export async function probeCapabilities(
  session: Session,
  signal?: AbortSignal,
): Promise<Capabilities> {
  let cause: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    let fed = false;
    const answer = new Answer(true);
    const options: ExecOptions = {
      signal,
      idleTimeoutMs: SILENCE_MS,
      onStdout: (chunk) => answer.feed(chunk),
      onStart: () => {
        fed = true;
      },
    };
    try {
      await session.exec(wireForm(`${minify(report)}\n${minify(probe)}`, UNKNOWN), options);
      const found = read(answer, fed);
      if (found) return found;
    } catch (error) {
      if (!isDamage(error)) throw error;
      cause = error;
    }
  }
  if (cause) throw damagedLine(cause);
  throw new ProtocolError('The board did not say what it can do', {
    hint: 'Is it MicroPython or CircuitPython? Reset the board and try again.',
  });
}

function read(answer: Answer, fed: boolean): Capabilities | undefined {
  const [, names, heap, epoch] = /^can (\S*) (\d+) (\d+)$/.exec(answer.lines[0] ?? '') ?? [];
  if (names === undefined) return undefined;
  const can = new Set(names.split(','));
  const binascii = can.has('binascii');
  // A board with CRC says so in its last line; one without cannot.
  if (binascii && !answer.whole) return undefined;
  return {
    stdin: fed && can.has('stdin'),
    deflate: can.has('deflate') && can.has('bytesio'),
    sha256: can.has('sha256'),
    binascii,
    ilistdir: can.has('ilistdir'),
    stat: can.has('stat'),
    statvfs: can.has('statvfs'),
    rename: can.has('rename'),
    heap: Number(heap),
    epoch: Number(epoch) >= 2000 ? YEAR_2000 : Number(epoch) >= 1970 ? 0 : undefined,
    tooLarge: new Set(),
  };
}
