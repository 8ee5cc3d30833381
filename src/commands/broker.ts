import * as vscode from 'vscode';
import { UsageError } from '../core/errors';
import { LOCAL_BROKER_ID } from '../core/broker/localBroker';
import { isBrokerNode } from '../views/broker/brokerTree';
import type { ViewContext } from '../views/context';
import { tellBriefly } from '../views/brief';
import { askBroker } from './brokerPrompts';
import type { Command } from './types';

/** Brokers: the embedded one, and connections to others. */
export const brokerCommands: readonly Command[] = [
  {
    id: 'startLocalBroker',
    needs: 'nothing',
    progress: { where: 'window', title: () => vscode.l10n.t('Starting the local broker') },
    run: (context) => startLocal(context, false),
  },
  {
    id: 'shareLocalBroker',
    needs: 'nothing',
    progress: { where: 'window', title: () => vscode.l10n.t('Starting the local broker') },
    run: (context) => startLocal(context, true),
  },
  { id: 'stopLocalBroker', needs: 'nothing', run: ({ brokers }) => brokers.stopLocal() },
  { id: 'copyBrokerUrl', needs: 'nothing', run: copyUrl },
  { id: 'localBrokerActions', needs: 'nothing', run: localActions },
  {
    id: 'addBroker',
    needs: 'nothing',
    run: async (context, call) => {
      const id = await askBroker(context, undefined);
      if (id !== undefined) await context.brokers.connect(id, call.signal);
    },
  },
  {
    id: 'editBroker',
    needs: 'nothing',
    run: async (context, call) => {
      const broker = await chosen(context, call.args);
      const id = broker && (await askBroker(context, broker.profile));
      if (id !== undefined) await context.brokers.connect(id, call.signal);
    },
  },
  {
    id: 'removeBroker',
    needs: 'nothing',
    run: async (context, { args }) => {
      const broker = await chosen(context, args);
      if (broker) await context.brokers.remove(broker.profile.id);
    },
  },
  {
    id: 'connectBroker',
    needs: 'nothing',
    progress: { where: 'window', title: () => vscode.l10n.t('Connecting the broker') },
    run: async (context, { args, signal }) => {
      const broker = await chosen(context, args);
      if (broker?.profile.id === LOCAL_BROKER_ID && !context.brokers.local.running) {
        await startLocal(context, false);
      } else if (broker) await context.brokers.connect(broker.profile.id, signal);
    },
  },
  {
    id: 'disconnectBroker',
    needs: 'nothing',
    run: async (context, { args }) => {
      await (await chosen(context, args))?.disconnect();
    },
  },
];

async function startLocal({ brokers }: ViewContext, lan: boolean): Promise<void> {
  const status = await brokers.startLocal(lan);
  const t = vscode.l10n.t;
  if (!status.running) {
    void vscode.window.showInformationMessage(
      t('Another window runs the local broker; it is used'),
    );
    return;
  }
  const put = t('Put the Agent on a Board');
  const copy = t('Copy the Address');
  const words = lan
    ? t('The local broker runs for this network on port {0}.', status.port)
    : t('The local broker runs on port {0}, for this computer only.', status.port);
  // Not awaited: the command has done its work, whatever is done with the message.
  void vscode.window.showInformationMessage(words, put, copy).then(async (answer) => {
    if (answer === put) await vscode.commands.executeCommand('mpyFleet.putAgent');
    if (answer === copy) await vscode.env.clipboard.writeText(status.lanUrls[0] ?? status.url);
  });
}

async function copyUrl(context: ViewContext, { args }: { args: readonly unknown[] }) {
  const broker = await chosen(context, args);
  if (!broker) return;
  const { local } = context.brokers;
  const isLocal = broker.profile.id === LOCAL_BROKER_ID && local.running;
  const url = isLocal ? (local.lanUrls[0] ?? local.url) : broker.profile.url;
  await vscode.env.clipboard.writeText(url);
  tellBriefly(vscode.l10n.t('{0} copied', url));
}

async function localActions({ brokers }: ViewContext): Promise<void> {
  const t = vscode.l10n.t;
  const { local } = brokers;
  const lan = local.running && local.lanUrls.length > 0;
  const actions = new Map<string, string>([
    [t('Copy the Address'), 'mpyFleet.copyBrokerUrl'],
    [t('Put the Agent on a Board'), 'mpyFleet.putAgent'],
    lan
      ? [t('Only This Computer'), 'mpyFleet.startLocalBroker']
      : [t('Let Boards in the Network Use It'), 'mpyFleet.shareLocalBroker'],
    [t('Stop the Local Broker'), 'mpyFleet.stopLocalBroker'],
  ]);
  const choice = await vscode.window.showQuickPick([...actions.keys()], {
    title: t('Local broker'),
  });
  const command = choice && actions.get(choice);
  if (command)
    await vscode.commands.executeCommand(command, { kind: 'broker', id: LOCAL_BROKER_ID });
}

/** The broker that a call means: the node it was called on, the only one, or the user's choice. */
async function chosen({ brokers }: ViewContext, args: readonly unknown[]) {
  const [node] = args;
  if (isBrokerNode(node)) return brokers.hub.get(node.id);
  const { all } = brokers.hub;
  if (all.length === 0) {
    throw new UsageError(vscode.l10n.t('No broker is configured'), {
      hint: vscode.l10n.t('Start the local one, or add one.'),
    });
  }
  if (all.length === 1) return all[0];
  const picked = await vscode.window.showQuickPick(
    all.map(({ profile }) => ({ label: profile.name, description: profile.url, id: profile.id })),
    { title: vscode.l10n.t('Which broker?') },
  );
  return picked && brokers.hub.get(picked.id);
}
