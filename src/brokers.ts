import type * as vscode from 'vscode';
import { LocalBroker } from './transports/mqtt/localBroker';
import { MqttBrokers } from './transports/mqtt/mqttBrokers';
import { MqttGroups } from './transports/mqtt/mqttGroups';
import { BrokerCenter } from './views/broker/brokerCenter';
import { BrokerSecretStore } from './views/broker/brokerSecrets';
import type { Settings } from './views/settings';

/** What has to do with MQTT, put together: part of the composition in extension.ts. Connects nothing. */
export function createBrokers(
  extension: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  settings: Settings,
) {
  const secrets = new BrokerSecretStore(extension.secrets);
  const hub = new MqttBrokers(secrets, log);
  const center = new BrokerCenter({
    ...{ state: extension.globalState, settings, log, secrets },
    ...{ hub, local: new LocalBroker(log) },
  });
  extension.subscriptions.push(center, hub);
  return { hub, center, publisher: new MqttGroups(hub) };
}
