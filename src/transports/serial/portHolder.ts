import { readdir, readFile, readlink, realpath } from 'node:fs/promises';

/** Processes that are looked at: the newest ones first, so that a machine with very many is not searched for ever. */
const MOST_PROCESSES = 5000;
const NAME_LIMIT = 40;

/**
 * The programs that have a serial port open, such as `minicom (process 4711)`, as far as Linux lets this user see: those of
 * other users and of other containers stay hidden. Empty elsewhere. Never rejects.
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
    return []; // no /proc here, or the port has gone: the message does without the name
  }
}

async function holder(folder: string, pid: number, device: string): Promise<string | undefined> {
  try {
    if (pid === process.pid || !(await hasOpen(folder, device))) return undefined;
    const name = (await readFile(`${folder}/comm`, 'utf8')).replace(/[\p{Cc}\p{Cf}]/gu, '');
    return `${name.slice(0, NAME_LIMIT)} (process ${pid})`;
  } catch {
    return undefined; // it has just ended, or it is another user's
  }
}

async function hasOpen(folder: string, device: string): Promise<boolean> {
  for (const fd of await readdir(`${folder}/fd`)) {
    const file = await readlink(`${folder}/fd/${fd}`).catch(() => ''); // closed meanwhile
    if (file === device) return true;
  }
  return false;
}
