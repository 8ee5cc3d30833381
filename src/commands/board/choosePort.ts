import { readdir } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { Fleet } from '../../core/board';
import { showInputBox } from '../../views/message';

/** Names of serial devices in /dev, including those that scans ignore. */
const SERIAL_DEVICE = /^(tty(ACM|USB|AMA|THS|GS|S)\d+|rfcomm\d+|cu\.[\w.-]+)$/;
/** Linux creates many of these without any hardware. */
const OFTEN_EMPTY = /^ttyS\d+$/;

/**
 * Asks for a serial port: an existing one that is not in `added`, or any path. Undefined:
 * cancelled.
 */
export async function choosePort(
  fleet: Pick<Fleet, 'boards'>,
  added: readonly string[],
): Promise<string | undefined> {
  const ports = await existingPorts(fleet);
  const offered = ports.filter(({ path }) => !added.includes(path));
  if (offered.length === 0) return typePort();
  const other = { label: vscode.l10n.t('Another path…'), path: undefined };
  const picked = await vscode.window.showQuickPick(
    [...offered.map(({ path, of }) => ({ label: path, description: of, path })), other],
    {
      title: vscode.l10n.t('Add which serial port?'),
      placeHolder: vscode.l10n.t('Ports found now'),
    },
  );
  return picked && (picked.path ?? typePort());
}

/** The serial ports that exist, with the names of the boards on them; those that are seldom real come last. */
export async function existingPorts(
  { boards }: Pick<Fleet, 'boards'>,
  folder = '/dev',
): Promise<{ readonly path: string; readonly of: string }[]> {
  const ports = new Map<string, string>();
  for (const board of boards) {
    for (const { found, present } of board.links) {
      const { address } = found;
      if (present && address.kind === 'serial') ports.set(address.path, board.name);
    }
  }
  const names = process.platform === 'win32' ? [] : await readdir(folder);
  const devices = names.filter((name) => SERIAL_DEVICE.test(name)).sort();
  const rare = (name: string) => OFTEN_EMPTY.test(name);
  for (const name of [...devices.filter((n) => !rare(n)), ...devices.filter(rare)]) {
    const path = `${folder}/${name}`;
    if (!ports.has(path)) ports.set(path, '');
  }
  return [...ports].map(([path, of]) => ({ path, of }));
}

async function typePort(): Promise<string | undefined> {
  const path = await showInputBox({
    title: vscode.l10n.t('Add a serial port'),
    placeHolder: process.platform === 'win32' ? 'COM3' : '/dev/ttyUSB0',
    prompt: vscode.l10n.t(
      'For ports that are not detected automatically: bridges, emulators, socat.',
    ),
    validateInput: (text) =>
      text.trim() === '' ? vscode.l10n.t('Enter the path of the port.') : undefined,
  });
  return path?.trim();
}
