import { Deferred, type Clock } from '../async';
import { TimeoutError } from '../errors';
import type { ByteStream } from '../transport';

/** The line must take a piece of data within this: 4 kB at 9600 baud take half of it. */
const WRITE_MS = 10_000;

/** Writes `data` to what the user knows by `name`. @throws TimeoutError when the line does not take it, and what {@link ByteStream.write} throws */
export async function writeInTime(
  stream: ByteStream,
  data: Uint8Array,
  clock: Clock,
  name: string,
): Promise<void> {
  const tooLong = new Deferred<never>();
  const timer = clock.after(WRITE_MS, () =>
    tooLong.reject(
      new TimeoutError(`${name} takes no more data`, {
        hint: 'Unplug the board and plug it in again.',
      }),
    ),
  );
  try {
    await Promise.race([stream.write(data), tooLong.promise]);
  } finally {
    timer.dispose();
  }
}
