import { ConnectionLostError, TimeoutError } from '../errors';
import type { Session, SessionOptions } from '../transport';
import type { FlashPort } from './port';

/** Starts the loader for new firmware. The name differs in CircuitPython. */
const BOOTLOADER = [
  'try:',
  ' from machine import bootloader',
  'except ImportError:',
  ' try:',
  '  import microcontroller as m',
  ' except ImportError:',
  '  raise NotImplementedError("this firmware cannot start a bootloader")',
  ' m.on_next_reset(m.RunMode.BOOTLOADER)',
  ' bootloader=m.reset',
  'bootloader()',
].join('\n');
/**
 * Longest wait in milliseconds for a link to disappear. A board in its loader sends nothing more.
 */
const LEAVES_MS = 2000;
const TOUCH_BAUD = 1200;

/**
 * Starts the board's boot loader, which waits for new firmware.
 * @throws PythonError if the firmware has no such function, and any error of the session
 */
export async function enterBootloader(
  withSession: <T>(work: (session: Session) => Promise<T>, options?: SessionOptions) => Promise<T>,
  options: SessionOptions,
): Promise<void> {
  try {
    await withSession(
      (session) => session.exec(BOOTLOADER, { signal: options.signal, idleTimeoutMs: LEAVES_MS }),
      options,
    );
  } catch (error) {
    if (!(error instanceof ConnectionLostError) && !(error instanceof TimeoutError)) throw error;
  }
}

/**
 * Opens and closes the port at 1200 baud, which sends boards with native USB (rp2, SAMD, nRF52,
 * Arduino) into the loader, whether or not a program runs.
 * @throws ConnectError
 */
export async function touch(port: FlashPort): Promise<void> {
  await port.open(TOUCH_BAUD);
  try {
    await port.setLines({ dtr: false, rts: false });
  } catch (error) {
    if (!(error instanceof ConnectionLostError)) throw error; // it has already left
  }
  await port.close();
}
