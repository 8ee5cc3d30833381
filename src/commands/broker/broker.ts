import * as vscode from 'vscode';
import type { CommandName } from '../../manifest';
import { callCommand } from '../../views/callCommand';
import { parseAddress } from '../../core/parseAddress';
import type { Board } from '../../core/board';
import { renewLogin } from '../../core/broker/boardLogin';
import { UsageError } from '../../core/errors';
import { forEachBoard } from '../../core/many';
import { agentOf, isBrokerNode } from '../../views/broker';
import { summarise } from '../summary';
import { LOCAL_BROKER_ID } from '../../core/broker/localBroker';
import { isLikely } from '../../views/activeBoard';
import type { Needs } from '../../views/context';
import { hasAgent } from '../../views/tree';
import { pickBoard } from '../targets';
import { askBroker } from './prompts';
import type { Call, Command } from '../types';
import { showInformationMessage, tellBriefly } from '../../views/message';
import { startBroker } from '../../views/helpful';

/** Commands for brokers: the embedded one, and connections to others. */
export const brokerCommands: readonly Command[] = [
  {
    id: 'startLocalBroker',
    needs: 'nothing',
    progress: { where: 'window', title: () => vscode.l10n.t('Starting the local broker') },
    run: (context, call) => startLocal(context, false, call),
  },
  {
    id: 'shareLocalBroker',
    needs: 'nothing',
    progress: { where: 'window', title: () => vscode.l10n.t('Starting the local broker') },
    run: (context, call) => startLocal(context, true, call),
  },
  { id: 'stopLocalBroker', needs: 'nothing', run: ({ brokers }) => brokers.stopLocal() },
  { id: 'copyBrokerUrl', needs: 'nothing', run: copyUrl },
  { id: 'localBrokerActions', needs: 'nothing', run: localActions },
  {
    id: 'addBroker',
    needs: 'nothing',
    run: async (context, call) => {
      const id = await askBroker(context, undefined);
      if (id === undefined) return;
      await showBrokers();
      await context.brokers.connect(id, call.signal);
    },
  },
  {
    id: 'editBroker',
    needs: 'nothing',
    run: async (context, call) => {
      const broker = await chosenBroker(context, call.args);
      const id = broker && (await askBroker(context, broker.profile));
      if (id !== undefined) await context.brokers.connect(id, call.signal);
    },
  },
  {
    id: 'removeBroker',
    needs: 'nothing',
    run: async (context, { args }) => {
      const broker = await chosenBroker(context, args);
      if (broker) await context.brokers.remove(broker.profile.id);
    },
  },
  {
    id: 'connectBroker',
    needs: 'nothing',
    progress: { where: 'window', title: () => vscode.l10n.t('Connecting the broker') },
    run: async (context, call) => {
      const broker = await chosenBroker(context, call.args);
      if (broker?.profile.id === LOCAL_BROKER_ID && !context.brokers.local.running) {
        await startLocal(context, false, call);
      } else if (broker) {
        call.begin();
        await context.brokers.connect(broker.profile.id, call.signal);
      }
    },
  },
  {
    id: 'renewBrokerLogins',
    needs: 'boards',
    which: 'present',
    progress: {
      where: 'window',
      title: (names) => vscode.l10n.t('Renewing the login of {0}', names),
    },
    run: renewLogins,
  },
  { id: 'putAgentOnBoard', needs: 'nothing', run: putAgentOnBoard },
  { id: 'acceptOpenBoard', needs: 'nothing', run: acceptOpenBoard },
  {
    id: 'disconnectBroker',
    needs: 'nothing',
    run: async (context, { args }) => {
      await (await chosenBroker(context, args))?.disconnect();
    },
  },
];

/**
 * Opens the brokers view, which is initially collapsed, for a broker that was requested. Does not
 * move the focus.
 */
async function showBrokers(): Promise<void> {
  await vscode.commands.executeCommand('mpyFleet.brokers.focus', { preserveFocus: true });
}

async function startLocal(
  { brokers }: Needs<'brokers'>,
  lan: boolean,
  { begin }: Call,
): Promise<void> {
  begin();
  const status = await brokers.startLocal(lan);
  await showBrokers();
  if (!status.running) {
    void showInformationMessage(vscode.l10n.t('Using the local broker of another window'));
    return;
  }
  const put = vscode.l10n.t('Put the Agent on a Board');
  const copy = vscode.l10n.t('Copy the Address');
  const words = lan
    ? vscode.l10n.t('The local broker is open to this network on port {0}.', status.port)
    : vscode.l10n.t(
        'The local broker is running on port {0}, for this computer only.',
        status.port,
      );
  // Not awaited: the command is done, whether or not the user reacts to the message.
  void showInformationMessage(words, put, copy).then(async (answer) => {
    if (answer === put) await callCommand('mpyFleet.putAgentOnBoard');
    if (answer === copy) await vscode.env.clipboard.writeText(status.lanUrls[0] ?? status.url);
  });
}

/** Asks which board should connect to the broker that was started, if several have no agent. */
async function putAgentOnBoard(context: Needs<'fleet' | 'active'>): Promise<void> {
  const boards = context.fleet.boards.filter((b) => b.present && isLikely(b) && !hasAgent(b));
  const [only, second] = boards;
  const title = vscode.l10n.t('Put the agent on which board?');
  const board = only && !second ? only : await pickBoard(context, boards, title);
  if (board) await callCommand('mpyFleet.putAgent', board.id);
}

/**
 * Gives boards that use the shared login of earlier versions one of their own. They use it from
 * their next connection on.
 */
async function renewLogins(
  context: Needs<'log' | 'tree' | 'brokers' | 'history'>,
  boards: readonly Board[],
  { signal }: Call,
) {
  const { secrets } = context.brokers;
  const secret = await secrets.localSecret();
  const renew = async (board: Board, own: AbortSignal) => {
    const { control, broker, uid } = agentOf(context, board);
    if (broker.profile.id !== LOCAL_BROKER_ID) {
      throw new UsageError(vscode.l10n.t('{0} is not connected to the local broker', board.name), {
        hint: vscode.l10n.t('Logins at other brokers are managed there.'),
      });
    }
    await renewLogin(control, secret, uid, own);
  };
  const outcomes = await forEachBoard(boards, renew, { signal });
  summarise(context, outcomes, vscode.l10n.t('Renewing logins'), 'mpyFleet.renewBrokerLogins');
  const done = outcomes.filter((o) => o.status === 'ok').length;
  if (done === 1) tellBriefly(vscode.l10n.t('1 board now has its own login'));
  else if (done > 1) tellBriefly(vscode.l10n.t('{0} boards now have their own login', done));
}

/** Stores, for the board at this broker, that the user accepts its unproved identity. */
async function acceptOpenBoard(
  context: Needs<'fleet' | 'adoption' | 'brokers'>,
  { args, signal }: Call,
): Promise<void> {
  const [text] = args;
  const address = typeof text === 'string' ? parseAddress(text) : undefined;
  if (address?.kind !== 'mqtt' && address?.kind !== 'mqboard') return;
  const broker = context.brokers.hub.get(address.broker);
  if (!broker) return;
  const id = address.kind === 'mqtt' ? address.uid : address.prefix;
  await context.brokers.secrets.acceptOpen(broker.profile, id);
  context.adoption.refresh();
  await context.fleet.byAddress(address)?.connect({ signal, kind: address.kind });
}

async function copyUrl(context: Needs<'brokers'>, { args }: { args: readonly unknown[] }) {
  const broker = await chosenBroker(context, args);
  if (!broker) return;
  const { local } = context.brokers;
  const isLocal = broker.profile.id === LOCAL_BROKER_ID && local.running;
  const url = isLocal ? (local.lanUrls[0] ?? local.url) : broker.profile.url;
  await vscode.env.clipboard.writeText(url);
  tellBriefly(vscode.l10n.t('{0} copied', url));
}

async function localActions({ brokers }: Needs<'brokers'>): Promise<void> {
  const { local } = brokers;
  const lan = local.running && local.lanUrls.length > 0;
  const actions = new Map<string, CommandName>([
    [vscode.l10n.t('Copy the Address'), 'mpyFleet.copyBrokerUrl'],
    [vscode.l10n.t('Put the Agent on a Board'), 'mpyFleet.putAgent'],
    lan
      ? [vscode.l10n.t('Only This Computer'), 'mpyFleet.startLocalBroker']
      : [vscode.l10n.t('Let Boards on the Network Use It'), 'mpyFleet.shareLocalBroker'],
    [vscode.l10n.t('Stop the Local Broker'), 'mpyFleet.stopLocalBroker'],
  ]);
  const choice = await vscode.window.showQuickPick([...actions.keys()], {
    title: vscode.l10n.t('Local broker'),
  });
  const command = choice && actions.get(choice);
  if (command) await callCommand(command, { kind: 'broker', id: LOCAL_BROKER_ID });
}

/**
 * Returns the broker that a call refers to: the clicked node, the only one, or the user's choice.
 */
export async function chosenBroker({ brokers }: Needs<'brokers'>, args: readonly unknown[]) {
  const [node] = args;
  if (isBrokerNode(node)) return brokers.hub.get(node.id);
  const { all } = brokers.hub;
  if (all.length === 0) {
    throw new UsageError(vscode.l10n.t('No broker is configured'), {
      hint: vscode.l10n.t('Start the local broker, or add one.'),
      next: startBroker(),
    });
  }
  if (all.length === 1) return all[0];
  const picked = await vscode.window.showQuickPick(
    all.map(({ profile }) => ({ label: profile.name, description: profile.url, id: profile.id })),
    { title: vscode.l10n.t('Which broker?') },
  );
  return picked && brokers.hub.get(picked.id);
}
