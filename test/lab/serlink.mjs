// @ts-check
// The cable between the host and a board: paced, and able to flip, drop, duplicate, insert, fall silent and be pulled out.
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
 *   | { kind: 'cut' | 'unplug' })} Fault `at`: that many bytes from now in that direction. `cut`: silence both ways, the tty
 *   stays. `unplug`: the tty is hung up and gone.
 */

/**
 * @typedef {object} Serlink
 * @property {string} tty the host's end (a link)
 * @property {(fault: Fault) => Promise<void>} fault
 * @property {() => Promise<{ toBoard: number, toHost: number, silent: boolean }>} stats bytes handed over so far; whether it is cut or unplugged
 * @property {() => Promise<void>} unplug hangs up and removes the tty; what the board says meanwhile is lost
 * @property {() => Promise<void>} replug a new tty at the same path; also ends a `cut` and forgets faults still to come
 * @property {() => Promise<void>} pause nothing passes, nothing is lost
 * @property {() => Promise<void>} resume
 * @property {(baud: number) => Promise<void>} baud
 * @property {() => Promise<void>} record keeps what is handed over from now on
 * @property {() => Promise<{ dir: Way, bytes: Buffer }[]>} recorded what was, in the order of the wire; ends the record
 * @property {() => Promise<void>} stop
 */

/**
 * Lays a cable to a board.
 * @param {{ to: string, baud?: number, latency?: number, link?: string, burst?: number }} options
 *   `to`: a board's tty path, or `unix:/path`, `tcp:host:port`, `exec:command`; `baud`: 0 (default) is as fast as it goes;
 *   `latency`: seconds (0.001); `link`: path of the host's end; `burst`: bytes that an emulator is handed at once (96)
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
