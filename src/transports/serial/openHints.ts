import { readdir, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';

/** A user and the groups of this process, which date from the start of the session. */
export interface Who {
  readonly user: string;
  readonly groups: readonly number[];
}

/**
 * Explains what a user who may not open a port can do on Linux. Undefined if there is no advice.
 * Never rejects.
 */
export async function permissionHint(port: string): Promise<string | undefined> {
  try {
    const { gid } = await stat(port);
    const who = { user: userInfo().username, groups: process.getgroups?.() ?? [] };
    return groupHint(port, gid, who, await readFile('/etc/group', 'utf8'));
  } catch {
    return undefined; // no such files: the usual hint is shown
  }
}

/** Returns the hint for a port of the group `gid`, with the text of /etc/group. */
export function groupHint(port: string, gid: number, { user, groups }: Who, file: string): string {
  const lines = file.split('\n').map((line) => line.split(':'));
  const [group = String(gid), , , members = ''] =
    lines.find(([, , id]) => id === String(gid)) ?? [];
  if (gid === 0) {
    return l10n.t(
      'The port belongs to root alone. Run "sudo chmod a+rw {0}", or add a udev rule that gives it to a group of yours.',
      port,
    );
  }
  if (groups.includes(gid)) {
    return l10n.t(
      'Your user is in the group {0} that owns the port, so something else forbids it: a container, a snap or the mode of the port.',
      group,
    );
  }
  if (members.split(',').includes(user)) {
    return l10n.t(
      'Your user is in the group {0} that owns the port, but was added after this session began. Log out and in again, or restart the computer; closing the window is not enough.',
      group,
    );
  }
  return l10n.t(
    'Add your user to the group that owns the port: "sudo usermod -a -G {0} $USER", then log out and in again.',
    group,
  );
}

/**
 * Returns whether ModemManager runs, which opens new ports for some seconds to look for modems.
 * Never rejects.
 */
export async function hasModemManager(root = '/'): Promise<boolean> {
  const proc = join(root, 'proc');
  const pids = await readdir(proc).catch(() => []);
  const names = await Promise.all(
    pids
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readFile(join(proc, pid, 'comm'), 'utf8').catch(() => '')),
  );
  return names.some((name) => name.trim() === 'ModemManager');
}
