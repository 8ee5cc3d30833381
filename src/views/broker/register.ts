import * as vscode from 'vscode';
import type { CommandName } from '../../manifest';
import type { Needs } from '../context';
import { BrokerTree } from './brokerTree';

/** Registers the tree of brokers, and the status bar item of the embedded broker. */
export function registerBrokers({ brokers }: Needs<'brokers'>): vscode.Disposable {
  const tree = new BrokerTree(brokers);
  const view = vscode.window.createTreeView('mpyFleet.brokers', { treeDataProvider: tree });
  const item = vscode.window.createStatusBarItem('mpyFleet.broker', vscode.StatusBarAlignment.Left);
  item.name = vscode.l10n.t('MicroPython: local broker');
  item.command = 'mpyFleet.localBrokerActions' satisfies CommandName;
  const draw = () => {
    const { local } = brokers;
    void vscode.commands.executeCommand('setContext', 'mpyFleet.localBroker', local.running);
    if (!local.running) {
      item.hide();
      return;
    }
    item.text = `$(radio-tower) ${vscode.l10n.t('Broker: {0}', local.port)}`;
    item.tooltip = [local.url, ...local.lanUrls].join('\n');
    item.show();
  };
  draw();
  return vscode.Disposable.from(tree, view, item, brokers.onDidChange(draw));
}
