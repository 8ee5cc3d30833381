import * as vscode from 'vscode';
import { isEncrypted, isLoopback } from '../../core/broker/brokerProfiles';
import type { Broker } from '../../core/broker/broker';
import type { Disposable } from '../../core/events';
import { LOCAL_BROKER_ID } from '../../core/broker/localBroker';
import { escape } from '../tree';
import type { BrokerCenter } from './brokerCenter';

/** A broker in the tree. */
export interface BrokerNode {
  readonly kind: 'broker';
  readonly id: string;
}

export function isBrokerNode(value: unknown): value is BrokerNode {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'broker';
}

/** The tree of brokers and their states. */
export class BrokerTree implements vscode.TreeDataProvider<BrokerNode>, Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #subscription: Disposable;

  constructor(private readonly center: BrokerCenter) {
    this.#subscription = center.onDidChange(() => this.#changed.fire(undefined));
  }

  getChildren(node?: BrokerNode): BrokerNode[] {
    if (node) return [];
    const { all } = this.center.hub;
    return all.map(({ profile }) => ({ kind: 'broker', id: profile.id }));
  }

  getTreeItem(node: BrokerNode): vscode.TreeItem {
    const broker = this.center.hub.get(node.id);
    const item = new vscode.TreeItem(broker?.profile.name ?? node.id);
    if (!broker) return item;
    const { tag } = broker.state;
    const isLocal = node.id === LOCAL_BROKER_ID;
    item.id = node.id;
    item.description = stateWords(broker, this.center);
    item.iconPath = icon(broker);
    item.contextValue = `broker ${tag} ${isLocal ? 'local' : 'own'}${
      isLocal && this.center.local.running ? ' running' : ''
    }`;
    item.tooltip = tooltip(broker, this.center);
    return item;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}

function icon(broker: Broker): vscode.ThemeIcon {
  switch (broker.state.tag) {
    case 'online':
      return new vscode.ThemeIcon('radio-tower', new vscode.ThemeColor('charts.green'));
    case 'connecting':
      return new vscode.ThemeIcon('loading~spin');
    case 'offline':
      return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
    case 'off':
      return new vscode.ThemeIcon('circle-outline');
  }
}

function stateWords(broker: Broker, center: BrokerCenter): string {
  switch (broker.state.tag) {
    case 'online': {
      const boards = [...broker.presences.values()].filter((p) => p.on).length;
      const words = boards === 1 ? vscode.l10n.t('1 board') : vscode.l10n.t('{0} boards', boards);
      const open = isOpen(broker, center);
      return [
        words,
        open ? vscode.l10n.t('open to the network') : '',
        unsafe(broker, open) ? vscode.l10n.t('not encrypted') : '',
      ]
        .filter(Boolean)
        .join(' · ');
    }
    case 'connecting':
      return vscode.l10n.t('connecting…');
    case 'offline':
      return broker.state.error.message;
    case 'off':
      return vscode.l10n.t('not connected');
  }
}

/** Returns whether other computers and boards can reach the local broker. */
function isOpen({ profile }: Broker, { local }: BrokerCenter): boolean {
  return profile.id === LOCAL_BROKER_ID && local.running && local.lanUrls.length > 0;
}

/** Returns whether others on the network can read the traffic to this broker. */
function unsafe({ profile }: Broker, open: boolean): boolean {
  return !isEncrypted(profile) && (open || !isLoopback(profile));
}

function tooltip(broker: Broker, center: BrokerCenter): vscode.MarkdownString {
  const { profile, state } = broker;
  const { local } = center;
  const markdown = new vscode.MarkdownString();
  const row = (text: string) => markdown.appendMarkdown(`${text}\n\n`);
  row(`**${escape(profile.name)}** ${escape(profile.url)}`);
  if (profile.username) row(`${vscode.l10n.t('User')}: ${escape(profile.username)}`);
  if (state.tag === 'online') row(`MQTT ${state.protocol === 5 ? '5' : '3.1.1'}`);
  if (state.tag === 'offline') row(escape(state.error.message));
  if (profile.id === LOCAL_BROKER_ID && local.running) {
    row(vscode.l10n.t('Connected programs: {0}', local.clients));
    for (const url of local.lanUrls) row(`${vscode.l10n.t('For boards')}: ${escape(url)}`);
  }
  if (unsafe(broker, isOpen(broker, center))) {
    row(
      vscode.l10n.t(
        'Traffic to this broker is not encrypted, so others on the network can read it. No one can command boards without their keys.',
      ),
    );
  }
  return markdown;
}
