import * as vscode from 'vscode';
import { parseAddress } from '../../core/parseAddress';
import type { Board } from '../../core/board';
import { UsageError } from '../../core/errors';
import { notebookPackages, type NotebookHost } from '../../core/notebook';
import type { Needs } from '../context';
import { showWarningMessage } from '../message';
import { configuredFiles } from '../sync';
import { isTrusted } from '../trust';
import { addWebReplAddress, canonicalWebRepl } from '../webrepl/addresses';
import { findPython } from './findPython';

/** Services of the window for a notebook in `folder`. */
export function notebookHost(
  context: Needs<'settings' | 'fleet' | 'active' | 'many' | 'sync' | 'packages'>,
  folder: string,
): NotebookHost {
  const { fleet, many, active, sync, settings } = context;
  return {
    folder,
    env: process.env,
    boards: {
      all: () => fleet.boards,
      fallback: () => active.current,
      select: (selector) => many.select(selector),
      register: (address) => register(context, address),
      unregister: (board) => unregister(context, board),
      rename: (board, name) => fleet.rename(board, name),
      nameConfigured: () => nameConfigured(context),
    },
    planSync: async (board, mode, signal) => {
      const preview = await sync.preview(board, mode, { signal });
      return { plan: preview.plan, apply: () => sync.apply(preview, { signal }) };
    },
    configured: (board, signal) => {
      const { devices, outside } = sync;
      return configuredFiles({ settings, fleet, devices, outside }, board, signal);
    },
    packages: packagesFor(context),
    write: async (board, path, content, { signal }) => {
      const call = signal ? { signal } : {};
      await sync.replace(board, [{ path, content }], call, (files) =>
        files.write(path, content, call),
      );
    },
    python: () => findPython(folder),
    requireTrust,
    confirm: async (question, detail, yes) =>
      (await showWarningMessage(question, { modal: true, detail }, yes)) === yes,
  };
}

async function nameConfigured({ fleet, sync }: Needs<'fleet' | 'sync'>): Promise<void> {
  const registry = await sync.devices.registry();
  if (registry.devices.length === 0) return;
  for (const board of fleet.boards) {
    const device = board.uid === undefined ? undefined : registry.find(board.uid);
    if (device && !fleet.isNamed(board)) fleet.rename(board, device.name);
  }
}

/** Checks that the workspace is trusted. @throws UsageError in restricted mode */
function requireTrust(): void {
  if (isTrusted()) return;
  throw new UsageError(
    vscode.l10n.t(
      'This folder is in restricted mode, so its notebooks cannot run code on this computer',
    ),
    { hint: vscode.l10n.t('Trust the folder first, with "Workspaces: Manage Workspace Trust".') },
  );
}

async function register(context: Needs<'settings' | 'fleet'>, text: string): Promise<Board> {
  const address = parseAddress(text);
  const { settings, fleet } = context;
  if (address.kind === 'webrepl' || address.kind === 'telnet')
    await addWebReplAddress(settings, address);
  else if (address.kind === 'serial') {
    const paths = settings.get('serial.paths');
    if (!paths.includes(address.path)) await settings.set('serial.paths', [...paths, address.path]);
  } else {
    throw new UsageError(vscode.l10n.t('{0} cannot be added', text), {
      hint: vscode.l10n.t('Boards on a broker appear automatically once the broker is added.'),
    });
  }
  const board = fleet.byAddress(address);
  if (board) return board;
  throw new UsageError(vscode.l10n.t('{0} was added, but nothing was found there', text), {
    hint: vscode.l10n.t('The board appears in the list as soon as it is reachable.'),
  });
}

async function unregister({ settings }: Needs<'settings'>, board: Board): Promise<string[]> {
  const addresses = board.links.map((l) => l.found.address);
  const hosts = settings.get('webrepl.addresses');
  const paths = settings.get('serial.paths');
  const webRepl = addresses.filter((a) => hosts.some((t) => canonicalWebRepl(t) === a.text));
  const serial = addresses.filter((a) => a.kind === 'serial').filter((a) => paths.includes(a.path));
  const gone = [...webRepl, ...serial].map((a) => a.text);
  if (webRepl.length > 0) {
    const kept = hosts.filter((t) => !gone.includes(canonicalWebRepl(t)));
    await settings.set('webrepl.addresses', kept);
  }
  if (serial.length > 0) {
    await settings.set(
      'serial.paths',
      paths.filter((p) => !serial.some((a) => a.path === p)),
    );
  }
  return gone;
}

function packagesFor({
  packages,
  settings,
}: Needs<'settings' | 'packages'>): NotebookHost['packages'] {
  return notebookPackages({
    manager: packages.manager,
    mpyCross: packages.compiler.compile,
    boardFor: (board, signal) => packages.boardFor(board, signal),
    settings: () => ({
      target: settings.get('packages.target'),
      compile: settings.get('packages.compile'),
    }),
    changed: (board) => packages.changed(board),
  });
}
