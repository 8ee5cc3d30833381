import { fullPlace } from '../../core/address';
import { delay, systemClock } from '../../core/async';
import type { BoardInfo } from '../../core/board';
import { asError, meansUnplugged, UsageError } from '../../core/errors';
import { enterBootloader, touch, type Firmware, type FlashTarget } from '../../core/flash';
import { serialAddress } from '../../core/parseAddress';
import type { Cli } from '../cli';
import type { CliBoard } from './cliBoard';
import type { Links } from './links';

/** Milliseconds allowed for the first start, which creates the file system. */
const COMES_BACK_MS = 20_000;
const LOOK_MS = 500;

/** Returns the port of a board, and how to start its loader. */
export async function targetOf(
  cli: Cli,
  links: Links,
  board: CliBoard,
  path: string,
): Promise<FlashTarget> {
  const { serialFlashPort } = await import('../../transports/serial/flashPort');
  const found = (await links.discover()).find((f) => fullPlace(f.address) === path);
  const port = serialFlashPort(path, found?.usb, cli.log);
  return {
    port,
    enterLoader: async (signal) => {
      try {
        const options = { signal, mayInterrupt: true };
        await enterBootloader((work, given) => board.withSession(work, given), options);
      } catch (error) {
        cli.log.info(
          `${board.name} does not enter its boot loader automatically: ${asError(error).message}`,
        );
        await board.close();
        await touch(port);
      }
      await board.close();
    },
  };
}

/**
 * Identifies the board after its first start.
 * @throws UsageError if it does not answer as MicroPython
 */
export async function comesBack(
  links: Links,
  kind: Firmware['kind'] | undefined,
  path: string,
  signal: AbortSignal,
  limitMs = COMES_BACK_MS,
): Promise<BoardInfo> {
  const end = performance.now() + limitMs;
  let failure: Error = new Error('no port');
  while (performance.now() < end) {
    const ports = (await links.discover()).filter((f) => f.likely).map((f) => fullPlace(f.address));
    // A board with native USB may return on another port. A board in use is not disturbed.
    const paths = kind === 'esp' || kind === undefined || ports.length !== 1 ? [path] : ports;
    for (const candidate of paths) {
      const transport = await links.openTransport(serialAddress(candidate));
      try {
        await transport.open(signal);
        return await transport.withSession((session) => links.readInfo(session, signal), {
          signal,
          mayInterrupt: true,
        });
      } catch (error) {
        failure = asError(error);
        // Without flashing, nothing makes the port come back.
        if (kind === undefined && meansUnplugged(failure)) throw failure;
      } finally {
        await transport.close();
      }
    }
    await delay(systemClock, LOOK_MS, signal);
  }
  throw notBack(kind, failure);
}

/** Returns the error for a board that did not answer. After flashing, it also says that the firmware was written. */
function notBack(kind: Firmware['kind'] | undefined, cause: Error): Error {
  if (kind === undefined) {
    return new UsageError('The board does not answer as MicroPython', {
      hint: 'Press RESET, or unplug it and plug it in. Does it have MicroPython? "mpyfleet flash", or "firmware" in a board template, writes it.',
      cause,
    });
  }
  return meansUnplugged(cause)
    ? new UsageError(
        `The firmware was written and verified, but the board did not come back: ${cause.message}`,
        { hint: 'Plug it in again. If you did not unplug it, check the cable.', cause },
      )
    : new UsageError(
        'The firmware was written and verified, but the board does not answer as MicroPython',
        {
          hint: 'Press RESET, or unplug it and plug it in. If its old main.py stops it, flash again with --erase.',
          cause,
        },
      );
}
