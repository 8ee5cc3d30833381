import { readdir } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { Fleet, PortHint } from '../../core/board';
import { showInputBox } from '../../views/message';

/** Names of serial devices in /dev, including those that scans ignore. */
const SERIAL_DEVICE = /^(tty(ACM|USB|AMA|THS|GS|S)\d+|rfcomm\d+|cu\.[\w.-]+)$/;
/** Returns whether a port is one of the many that Linux creates without any hardware. */
const isOftenEmpty = (name: string) => /(^|\/)ttyS\d+$/.test(name);

/**
 * Asks for a serial port: an existing one that is not in `added`, or any path. Undefined:
 * cancelled. `hints`: reasons why a board's port may be missing.
 */
export async function choosePort(
  fleet: Pick<Fleet, 'boards'>,
  added: readonly string[],
  hints: () => Promise<readonly PortHint[]>,
): Promise<string | undefined> {
  const ports = await existingPorts(fleet);
  const offered = ports.filter(({ path }) => !added.includes(path));
  const hint = await hintIfMissing(offered, hints);
  if (offered.length === 0) return typePort(hint);
  const label = vscode.l10n.t('Another path…');
  const other = { label, path: undefined, ...(hint ? { detail: hint.text } : {}) };
  const items = offered.map(({ path, of }) => ({ label: path, description: of, path }));
  const picked = await pickOrType(items, other);
  return picked && (picked.path ?? typePort(hint));
}

type PortItem = vscode.QuickPickItem & { readonly path: string | undefined };

/** Offers the ports, and also any path that is typed into the box. */
function pickOrType(ports: readonly PortItem[], other: PortItem): Promise<PortItem | undefined> {
  const box = vscode.window.createQuickPick<PortItem>();
  box.title = vscode.l10n.t('Add which serial port?');
  box.placeholder = vscode.l10n.t('Ports found now, or type a path');
  box.items = [...ports, other];
  box.onDidChangeValue((value) => {
    const path = value.trim();
    const isNew = /^(\/|COM\d)/i.test(path) && !ports.some((port) => port.path === path);
    const typed = { label: path, description: vscode.l10n.t('Add this path'), path };
    box.items = isNew ? [typed, ...ports, other] : [...ports, other];
  });
  return new Promise<PortItem | undefined>((resolve) => {
    box.onDidAccept(() => resolve(box.activeItems[0]));
    box.onDidHide(() => resolve(undefined));
    box.show();
  }).finally(() => box.dispose());
}

/**
 * Lists the existing serial ports with the names of the boards on them. Those that are seldom real
 * come last.
 */
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
  for (const name of [
    ...devices.filter((n) => !isOftenEmpty(n)),
    ...devices.filter(isOftenEmpty),
  ]) {
    const path = `${folder}/${name}`;
    if (!ports.has(path)) ports.set(path, '');
  }
  return [...ports].map(([path, of]) => ({ path, of }));
}

/**
 * Returns the likeliest reason why a board's port is missing, if none of these is likely to be one.
 */
export async function hintIfMissing(
  offered: readonly { readonly path: string }[],
  hints: () => Promise<readonly PortHint[]>,
): Promise<PortHint | undefined> {
  return offered.every(({ path }) => isOftenEmpty(path)) ? (await hints())[0] : undefined;
}

async function typePort(hint?: PortHint): Promise<string | undefined> {
  const prompt = vscode.l10n.t(
    'For ports that are not detected automatically: bridges, emulators, socat.',
  );
  const path = await showInputBox({
    title: vscode.l10n.t('Add a serial port'),
    placeHolder: process.platform === 'win32' ? 'COM3' : '/dev/ttyUSB0',
    prompt: hint ? `${prompt} ${hint.text}` : prompt,
    validateInput: (text) =>
      text.trim() === '' ? vscode.l10n.t('Enter the path of the port.') : undefined,
  });
  return path?.trim();
}
