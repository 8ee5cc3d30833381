import { readdir, readFile, readlink, realpath } from 'node:fs/promises';

/** Number of processes examined, the newest first, so that the search ends on a machine with very many. */
const MOST_PROCESSES = 5000;
const NAME_LIMIT = 40;

/**
 * Returns the programs that have a serial port open, such as `minicom (process 4711)`. On Linux only processes that this user may see
 * are found, not those of other users or containers. Empty on other systems. Never rejects.
 * (proc(5): `/proc/PID/fd/N` is a link to the open file, `/proc/PID/comm` the program's name.)
 */
export async function portHolders(path: string, proc = '/proc'): Promise<string[]> {
  try {
    const device = await realpath(path);
    const all = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number);
    const pids = all.sort((a, b) => b - a).slice(0, MOST_PROCESSES);
    const found = await Promise.all(pids.map((pid) => holder(`${proc}/${pid}`, pid, device)));
    return found.filter((name) => name !== undefined);
  } catch {
    return []; // no /proc, or the port no longer exists: the message omits the program
  }
}

async function holder(folder: string, pid: number, device: string): Promise<string | undefined> {
  try {
    if (pid === process.pid || !(await hasOpen(folder, device))) return undefined;
    const name = (await readFile(`${folder}/comm`, 'utf8')).replace(/[\p{Cc}\p{Cf}]/gu, '');
    return `${name.slice(0, NAME_LIMIT)} (process ${pid})`;
  } catch {
    return undefined; // the process has ended, or belongs to another user
  }
}

async function hasOpen(folder: string, device: string): Promise<boolean> {
  for (const fd of await readdir(`${folder}/fd`)) {
    const file = await readlink(`${folder}/fd/${fd}`).catch(() => ''); // closed in the meantime
    if (file === device) return true;
  }
  return false;
}
