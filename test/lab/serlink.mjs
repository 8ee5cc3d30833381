// @ts-check
// The cable between the host and a board. It is paced, and can flip, drop, duplicate and insert bytes, fall silent and be unplugged.
import { join } from 'node:path';
import { ensure } from './ensure.mjs';
import { lab, removeTempDir, tempDir } from './paths.mjs';
import { launch } from './process.mjs';

/**
 * @typedef {'toBoard' | 'toHost'} Way
 * @typedef {{ dir: Way, at: number } & (
 *   | { kind: 'flip', mask?: number }
 *   | { kind: 'drop' | 'dup', count?: number }
 *   | { kind: 'insert', data: Uint8Array }
 *   | { kind: 'cut' | 'unplug' })} Fault `at`: number of bytes from now in that direction. `cut`: silence both ways, the tty
 *   stays. `unplug`: the tty is hung up and removed.
 */

/**
 * @typedef {object} Serlink
 * @property {string} tty the host's end (a link)
 * @property {(fault: Fault) => Promise<void>} fault
 * @property {() => Promise<{ toBoard: number, toHost: number, silent: boolean }>} stats bytes handed over so far; whether it is cut or unplugged
 * @property {() => Promise<void>} unplug hangs up and removes the tty; the board's output is then lost
 * @property {() => Promise<void>} replug creates a new tty at the same path; also ends a `cut` and forgets pending faults
 * @property {() => Promise<void>} pause holds back all bytes without losing any
 * @property {() => Promise<void>} resume
 * @property {(baud: number) => Promise<void>} baud
 * @property {() => Promise<void>} record starts to record the bytes that are handed over
 * @property {() => Promise<{ dir: Way, bytes: Buffer }[]>} recorded returns them in the order of the wire, and ends the recording
 * @property {() => Promise<void>} stop
 */

/**
 * Lays a cable to a board.
 * @param {{ to: string, baud?: number, latency?: number, link?: string, burst?: number }} options
 *   `to`: a board's tty path, or `unix:/path`, `tcp:host:port`, `exec:command`; `baud`: 0 (default) means unlimited;
 *   `latency`: seconds (0.001); `link`: path of the host's end; `burst`: bytes that an emulator receives at once (96)
 * @returns {Promise<Serlink>}
 */
export async function startSerlink({ to, baud = 0, latency = 0.001, link, burst = 96 }) {
  const { program = '' } = await ensure('python');
  const dir = tempDir('serlink');
  const tty = link ?? join(dir, 'tty');
  const cable = await launch(
    [
      ...[
        program,
        join(lab, 'serlink.py'),
        '--link',
        tty,
        '--to',
        to.startsWith('/') ? `pty:${to}` : to,
      ],
      ...['--baud', String(baud), '--latency', String(latency), '--burst', String(burst)],
    ],
    { ready: /^\{"tty"/ },
  );
  const ask = async (/** @type {object} */ request) => {
    const reply = JSON.parse(await cable.ask(JSON.stringify(request)));
    if (reply.error) throw new Error(reply.error);
    return reply;
  };
  const fault = (/** @type {Fault} */ spec) =>
    ask({
      do: 'fault',
      ...spec,
      ...('data' in spec ? { data: Buffer.from(spec.data).toString('hex') } : {}),
    });
  return {
    tty,
    fault,
    stats: () => ask({ do: 'stats' }),
    unplug: () => ask({ do: 'unplug' }),
    replug: () => ask({ do: 'replug' }),
    pause: () => ask({ do: 'pause' }),
    resume: () => ask({ do: 'resume' }),
    baud: (rate) => ask({ do: 'baud', baud: rate }),
    record: () => ask({ do: 'record' }),
    recorded: async () => {
      const { parts } = await ask({ do: 'recorded' });
      return parts.map((/** @type {[Way, string]} */ [dir, hex]) => {
        return { dir, bytes: Buffer.from(hex, 'hex') };
      });
    },
    stop: async () => {
      await cable.stop();
      removeTempDir(dir);
    },
  };
}
