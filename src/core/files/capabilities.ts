import probe from '../../../board/snippets/probe.py';
import { text } from '../bytes';
import { ProtocolError } from '../errors';
import type { ExecOptions, Session } from '../transport';
import { damagedLine, isDamage, minify, wireForm } from './snippets';

/** What a board and its link can do for transfers: asked once a connection, in one round trip. */
export interface Capabilities {
  /** Code that runs can be fed bytes, and the board can wait for them with a time limit. */
  readonly stdin: boolean;
  /** deflate.DeflateIO and io.BytesIO. */
  readonly deflate: boolean;
  readonly sha256: boolean;
  /** binascii with crc32 (and base64, which is older). */
  readonly binascii: boolean;
  /** Code may be of any bytes. */
  readonly eightBit: boolean;
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
/** Room for the code that writes a small file, and for an inflater of 4 KB. */
const PRESUMED_HEAP = 40_000;
const YEAR_2000 = 946_684_800;

/** Asks the board. @throws ProtocolError when no sensible answer comes */
export async function probeCapabilities(
  session: Session,
  signal?: AbortSignal,
): Promise<Capabilities> {
  let cause: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    let fed = false;
    const options: ExecOptions = {
      signal,
      idleTimeoutMs: SILENCE_MS,
      onStart: () => {
        fed = true;
      },
    };
    try {
      const said = await session.exec(wireForm(minify(probe), UNKNOWN), options);
      const found = read(text(said), fed, session);
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

/** A link with files of its own has a text channel for code (WebREPL), or packs code by itself. */
function isEightBit(session: Session): boolean {
  return session.native === undefined;
}

/**
 * What most boards can do, and enough for a small file: with it one can be written before the board has been asked. Sure to
 * fail cleanly where it is not so.
 */
export function presumedCapabilities(session: Session): Capabilities {
  return {
    stdin: false,
    deflate: true,
    sha256: true,
    binascii: true,
    eightBit: isEightBit(session),
    ilistdir: true,
    stat: true,
    statvfs: true,
    rename: true,
    heap: PRESUMED_HEAP,
    epoch: undefined,
    tooLarge: new Set(),
  };
}

/** Bits of the answer, in the order of probe.py. */
const BITS = [
  'deflate',
  'sha256',
  'binascii',
  'poll',
  'bytesio',
  'ilistdir',
  'stat',
  'statvfs',
  'rename',
  'buffer',
] as const;

/** Undefined for an answer that was damaged: it comes twice and must be the same. */
function read(said: string, fed: boolean, session: Session): Capabilities | undefined {
  const [, bits, heap, epoch] =
    /(?:^|\n)can (\d+) (\d+) (\d+)\r?\ncan \1 \2 \3\r?\n/.exec(said) ?? [];
  if (bits === undefined) return undefined;
  const can = (name: (typeof BITS)[number]) => ((Number(bits) >> BITS.indexOf(name)) & 1) === 1;
  return {
    stdin: fed && can('buffer') && can('poll'),
    deflate: can('deflate') && can('bytesio'),
    sha256: can('sha256'),
    binascii: can('binascii'),
    eightBit: isEightBit(session),
    ilistdir: can('ilistdir'),
    stat: can('stat'),
    statvfs: can('statvfs'),
    rename: can('rename'),
    heap: Number(heap),
    epoch: Number(epoch) >= 2000 ? YEAR_2000 : Number(epoch) >= 1970 ? 0 : undefined,
    tooLarge: new Set(),
  };
}
