import * as vscode from 'vscode';
import { networkAddress, webreplAddress } from '../../core/parseAddress';
import type { LinkKind } from '../../core/address';
import type { Board } from '../../core/board';
import { CancelledError, UsageError } from '../../core/errors';
import {
  removeWebRepl,
  scanWifi,
  setUpWebRepl,
  type SetupBoard,
  type SetupStep,
} from '../../core/webrepl/webreplSetup';
import { addWebReplAddress, canonicalWebRepl } from '../../views/webrepl/addresses';
import { askPassword } from '../../views/webrepl/webReplAccess';
import { problemOf } from '../problemOf';
import { keepSecret } from '../secretLink';
import type { Command } from '../types';
import { showInputBox, tellBriefly } from '../../views/message';

/** Commands for boards over WebREPL. */
export const webReplCommands: readonly Command[] = [
  {
    id: 'addWebRepl',
    needs: 'nothing',
    progress: { where: 'view', title: () => vscode.l10n.t('Connecting') },
    run: async (context, { args, signal }) => {
      const [given] = args;
      const text = typeof given === 'string' ? given : await askAddress();
      if (text === undefined) return;
      const address = networkAddress(text);
      await addWebReplAddress(context.settings, address);
      const board = context.fleet.byAddress(address);
      await board?.connect({ signal, kind: address.kind });
    },
  },
  {
    id: 'removeWebRepl',
    needs: 'board',
    which: 'any',
    run: async ({ settings, webRepl }, board) => {
      const gone = board.links.map((l) => l.found.address).filter(isNetwork);
      for (const address of gone) await webRepl.forget(address);
      const texts = gone.map((a) => a.text);
      const kept = settings
        .get('webrepl.addresses')
        .filter((t) => !texts.includes(canonicalWebRepl(t)));
      await settings.set('webrepl.addresses', kept);
      if (board.transport && isNetwork(board.transport)) await board.disconnect();
    },
  },
  {
    id: 'setUpWebRepl',
    needs: 'board',
    which: 'present',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Setting up WebREPL on {0}', names),
    },
    run: async (context, board, call) => {
      const { signal } = call;
      const wifi = await askWifi(board, signal);
      await call.ask(() => keepSecret(board, vscode.l10n.t('the passwords of Wi-Fi and WebREPL')));
      const address = webreplAddress(board.name.replace(/[^\w.-]+/g, '-'));
      const password = await askPassword(address, false);
      if (password === undefined) throw new CancelledError();
      const words = stepWords();
      const at = await setUpWebRepl(
        setupBoard(board, signal),
        { wifi, password },
        (step) => call.report(words[step]),
        signal,
      );
      await context.webRepl.keep(at, password);
      await addWebReplAddress(context.settings, at);
      tellBriefly(vscode.l10n.t('WebREPL is at {0}', at.text), 'check');
    },
  },
  {
    id: 'takeAwayWebRepl',
    needs: 'board',
    which: 'present',
    progress: {
      where: 'notification',
      title: (names) => vscode.l10n.t('Removing WebREPL from {0}', names),
    },
    run: (_context, board, { signal }) => removeWebRepl(setupBoard(board, signal), signal),
  },
];

function isNetwork({ kind }: { readonly kind: LinkKind }): boolean {
  return kind === 'webrepl' || kind === 'telnet';
}

function setupBoard(board: Board, signal: AbortSignal): SetupBoard {
  return {
    withSession: (work, options) =>
      board.withSession(work, { ...options, job: vscode.l10n.t('Setting up WebREPL'), signal }),
    files: board.files,
    reset: () => board.reset('hard', signal),
  };
}

function stepWords(): Record<SetupStep, string> {
  return {
    join: vscode.l10n.t('joining the Wi-Fi network'),
    password: vscode.l10n.t('writing the passwords'),
    startUp: vscode.l10n.t('writing the start-up lines'),
    reset: vscode.l10n.t('resetting'),
  };
}

/** Asks which of the visible networks the board should join. @throws CancelledError */
async function askWifi(
  board: Board,
  signal: AbortSignal,
): Promise<{ name: string; password: string }> {
  const job = vscode.l10n.t('Looking for Wi-Fi networks');
  const networks = await board.withSession((session) => scanWifi(session, signal), { job, signal });
  if (networks.length === 0) {
    throw new UsageError(vscode.l10n.t('{0} found no Wi-Fi network', board.name), {
      hint: vscode.l10n.t(
        'Most boards support only 2.4 GHz networks. Move the board closer and try again.',
      ),
    });
  }
  const chosen = await vscode.window.showQuickPick(
    networks.map((n) => ({
      label: n.name,
      description: `${n.signal} dBm${n.open ? `, ${vscode.l10n.t('open')}` : ''}`,
      open: n.open,
    })),
    {
      title: vscode.l10n.t('Which Wi-Fi network should {0} join?', board.name),
      ignoreFocusOut: true,
    },
  );
  if (!chosen) throw new CancelledError();
  if (chosen.open) return { name: chosen.label, password: '' };
  const password = await showInputBox({
    title: vscode.l10n.t('Password of the Wi-Fi network {0}', chosen.label),
    prompt: vscode.l10n.t('It is written to webrepl_cfg.py on the board and stored nowhere else.'),
    password: true,
  });
  if (password === undefined) throw new CancelledError();
  return { name: chosen.label, password };
}

function askAddress(): Thenable<string | undefined> {
  return showInputBox({
    title: vscode.l10n.t('Add a WebREPL or telnet board'),
    placeHolder: '192.168.1.20',
    prompt: vscode.l10n.t(
      'Its IP address, host name or ws:// address; telnet://HOST for the telnet server of an old WiPy.',
    ),
    validateInput: (text) => problemOf(() => networkAddress(text)),
  });
}
