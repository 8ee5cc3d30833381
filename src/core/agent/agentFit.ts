import * as l10n from '@vscode/l10n';
import { bytesText } from '../board';
import { UsageError } from '../errors';

/** Facts about the board, read before anything is written. */
export interface AgentFit {
  readonly uid: string;
  readonly platform: string;
  /** Version of .mpy files that it loads; 0: none. */
  readonly mpyVersion: number;
  readonly hasWifi: boolean;
  /** Version of the agent that its firmware contains; '' for none. */
  readonly frozen?: string;
  /** Its IP address; '' if it is not on a network. */
  readonly ip: string;
}

/**
 * Free heap, in bytes, that a board must have. Connected and idle, the agent takes 24.5 kB on a 32-bit board. While it runs code it
 * takes 51 kB, because 24 kB of modules and 2 kB of buffers are loaded for a request (session, dispatch, code). On a 64-bit board
 * the figure is 106 kB: with a heap of 128 KiB a listing after that runs out of memory, with 144 KiB all verbs work.
 */
const LEAST_HEAP = 64 * 1024;
/** The same for firmware that contains the agent: its code is not in the heap, and a request loads 5 kB. */
const LEAST_HEAP_FROZEN = 40 * 1024;

/**
 * Checks that the agent fits into the board's memory.
 * @param heap free bytes; 0: the firmware does not report them.
 * @throws UsageError if the agent would leave no room for a program
 */
export function checkMemory(name: string, platform: string, heap: number, isFrozen: boolean): void {
  const least = isFrozen ? LEAST_HEAP_FROZEN : LEAST_HEAP;
  if (heap === 0 || heap >= least) return;
  throw new UsageError(
    l10n.t(
      '{0} has {1} of memory free, and the agent needs {2}',
      name,
      bytesText(Math.min(heap, least - 1024)), // the rounded numbers differ
      bytesText(least),
    ),
    {
      hint:
        platform === 'esp8266'
          ? l10n.t('An ESP8266 is too small for it. Reach the board over WebREPL.')
          : l10n.t(
              'Reset the board so that its program does not run, and try again. If it has no more then, it is too small for the agent: use it by cable or WebREPL.',
            ),
    },
  );
}

/** Returns whether the board runs on this computer, so that both have the same loopback address. */
export function isOnThisComputer(fit: Pick<AgentFit, 'ip'>): boolean {
  return fit.ip.startsWith('127.');
}

/** Returns whether the agent should be given Wi-Fi networks. */
export function takesWifi(fit: Pick<AgentFit, 'ip' | 'hasWifi'>): boolean {
  return fit.hasWifi && !isOnThisComputer(fit);
}
