import * as l10n from '@vscode/l10n';
import { Deferred, type Clock } from '../async';
import { TimeoutError } from '../errors';
import type { ByteStream } from '../transport';

/**
 * Milliseconds within which the line must accept a piece of data: 4 kB at 9600 baud take half of
 * it.
 */
const WRITE_MS = 10_000;

/**
 * Writes `data` to the line called `name`.
 * @throws TimeoutError if the line does not accept it; whatever {@link ByteStream.write} throws
 */
export async function writeInTime(
  stream: ByteStream,
  data: Uint8Array,
  clock: Clock,
  name: string,
): Promise<void> {
  const tooLong = new Deferred<never>();
  const timer = clock.after(WRITE_MS, () =>
    tooLong.reject(
      new TimeoutError(l10n.t('{0} no longer accepts data', name), {
        hint: l10n.t('Unplug the board and plug it in again.'),
      }),
    ),
  );
  try {
    await Promise.race([stream.write(data), tooLong.promise]);
  } finally {
    timer.dispose();
  }
}
