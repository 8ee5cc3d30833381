// Replaces the agent's own names (board/agent/names.json) in its .mpy files with names that every firmware has. A name that
// the firmware lacks takes memory on the board until the next restart, even if its module has been unloaded.
// `python3 scripts/agentNames.py` checks the list; src/core/agent/agentNames.ts reads the agent's tracebacks with it.
import { readFileSync } from 'node:fs';

/** The firmware's name for each name of the agent. @type {Record<string, string>} */
const list = JSON.parse(
  readFileSync(new URL('../board/agent/names.json', import.meta.url), 'utf8'),
);
const NAMES = new Map(Object.entries(list));

/**
 * Replaces the names of the list in a .mpy file's table of names. The code refers to names by their position in it.
 * The table follows a header of 4 bytes and the numbers of names and constants. An entry is twice the name's length, the
 * name and a 0; or twice the name's number plus 1, if every MicroPython numbers it the same (MicroPython 1.25,
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
