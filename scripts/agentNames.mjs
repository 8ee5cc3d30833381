// Gives the agent's own names (board/agent/names.json) in its .mpy files names that every firmware has. A name that the
// firmware does not have takes memory on the board for good, also that of a module which has been unloaded.
// `python3 scripts/agentNames.py` checks the list; src/core/agent/agentNames.ts reads the agent's tracebacks with it.
import { readFileSync } from 'node:fs';

/** The firmware's name for the agent's. @type {Record<string, string>} */
const list = JSON.parse(
  readFileSync(new URL('../board/agent/names.json', import.meta.url), 'utf8'),
);
const NAMES = new Map(Object.entries(list));

/**
 * The .mpy file with the names of the list replaced in its table of names; the code refers to them by their place.
 * The table follows a header of 4 bytes and two numbers, names and constants: of each name twice its length, the name and
 * a 0; or twice its number and 1, if it is one of those that every MicroPython numbers alike (MicroPython 1.25,
 * py/persistentcode.c).
 * @param {Uint8Array} mpy
 */
export function renamed(mpy) {
  let at = 4;
  const number = () => {
    let n = 0;
    for (;;) {
      const byte = mpy[at++] ?? 0;
      n = n * 128 + (byte & 127);
      if (byte < 128) return n;
    }
  };
  const names = number();
  number();
  const parts = [mpy.subarray(0, at)];
  for (let i = 0; i < names; i++) {
    const start = at;
    const size = number();
    if (!(size & 1)) at += (size >> 1) + 1;
    const name = size & 1 ? '' : Buffer.from(mpy.subarray(at - 1 - (size >> 1), at - 1)).toString();
    const to = NAMES.get(name);
    parts.push(
      to
        ? Buffer.concat([Buffer.from([to.length * 2]), Buffer.from(`${to}\0`)])
        : mpy.subarray(start, at),
    );
  }
  return new Uint8Array(Buffer.concat([...parts, mpy.subarray(at)]));
}
