import type * as vscode from 'vscode';
import { LocalBroker, MqttGroups } from './transports/mqtt';
import { MqttBrokers } from './transports/mqttBrokers';
import { BrokerCenter, BrokerSecretStore } from './views/broker';
import type { StartShare } from './core/share/sharing';
import type { Settings } from './views/settings';

/**
 * Creates everything that concerns MQTT, as part of the composition in compose.ts. Connects
 * nothing.
 */
export function createBrokers(
  extension: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  settings: Settings,
  nameOf: (uid: string) => string | undefined,
) {
  const secrets = new BrokerSecretStore(extension.secrets, extension.globalState, nameOf);
  const hub = new MqttBrokers(secrets, log);
  const center = new BrokerCenter({
    ...{ state: extension.globalState, settings, log, secrets },
    ...{ hub, local: new LocalBroker(log) },
  });
  extension.subscriptions.push(center, hub);
  return { hub, center, publisher: new MqttGroups(hub) };
}

/**
 * Shares a board through a broker. The agent's half of the protocol is loaded with the first shared
 * board.
 */
export const startShare: StartShare = async (options, signal) => {
  const { SharedBoard } = await import('./transports/shared/sharedBoard');
  const shared = new SharedBoard(options);
  try {
    await shared.start(signal);
    return shared;
  } catch (error) {
    shared.dispose();
    throw error;
  }
};
