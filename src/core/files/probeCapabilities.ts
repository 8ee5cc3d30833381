import * as l10n from '@vscode/l10n';
import probe from '../../../board/snippets/probe.py';
import { text } from '../bytes';
import type { Capabilities } from '../capabilities';
import { ProtocolError } from '../errors';
import type { ExecOptions, Session } from '../transport';
import { damagedLine, isDamage, minify, wireForm } from './snippets';

/** Nothing is known yet, so the probe itself is sent in the plainest form. */
const UNKNOWN = { binascii: false, deflate: false, heap: 0 };
const ATTEMPTS = 3;
const SILENCE_MS = 10_000;
/** Enough heap for the code that writes a small file, and for an inflater with a 4 KB window. */
const PRESUMED_HEAP = 40_000;
const YEAR_2000 = 946_684_800;

/** Probes the board. @throws ProtocolError if no valid answer arrives */
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
      const found = readProbe(text(said), fed, session);
      if (found) return found;
    } catch (error) {
      if (!isDamage(error)) throw error;
      cause = error;
    }
  }
  if (cause) throw damagedLine(cause);
  throw new ProtocolError(l10n.t('The board did not report its capabilities'), {
    hint: l10n.t('Does it run MicroPython or CircuitPython? Reset the board and try again.'),
  });
}

/**
 * Returns whether code may contain any byte. A link with its own file verbs either has a text channel for
 * code (WebREPL) or packs code itself.
 */
function isEightBit(session: Session): boolean {
  return session.native === undefined && session.asciiOnly !== true;
}

/**
 * Capabilities that most boards have, and enough for a small file: one can be written before the
 * board has been probed. On other boards this fails cleanly.
 */
export function presumedCapabilities(session: Session): Capabilities {
  return {
    stdin: false,
    deflate: true,
    sha256: true,
    binascii: true,
    firmwareNames: true,
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

/** The answer of probe.py, which it gives twice. */
export const PROBE_ANSWER = /(?:^|\n)can (\d+) (\d+) (\d+)\r?\ncan \1 \2 \3\r?\n/;

/** Bits of the answer, in the order in which probe.py sets them. */
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
  'uos',
  'uio',
  'ubinascii',
  'stdout',
  'buffer',
] as const;

/**
 * Reads the answer. Returns undefined if it was damaged: it is sent twice, and both copies must
 * match.
 */
export function readProbe(said: string, fed: boolean, session: Session): Capabilities | undefined {
  const [, bits, heap, epoch] = PROBE_ANSWER.exec(said) ?? [];
  if (bits === undefined) return undefined;
  const can = (name: (typeof BITS)[number]) => ((Number(bits) >> BITS.indexOf(name)) & 1) === 1;
  return {
    // Frames of a stream hold any byte.
    stdin: fed && can('buffer') && can('poll') && session.asciiOnly !== true,
    deflate: can('deflate') && can('bytesio'),
    sha256: can('sha256'),
    binascii: can('binascii'),
    firmwareNames: can('uos') && can('uio') && can('ubinascii') && can('stdout'),
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
