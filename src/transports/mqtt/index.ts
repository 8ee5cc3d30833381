/** Public exports of this folder. Other folders import only from here. */
export { MqttAgentControl } from './agentControl';
export { BrokerConnection, type BrokerMessage } from './brokerConnection';
export type { ControlCommand } from './brokerControl';
export { LocalBroker } from './localBroker';
export { MqttBroker } from './mqttBroker';
export { MqttGroups } from './mqttGroups';
export { MqttTransport } from './mqttTransport';
export { infoOf, PresenceSource } from './presenceSource';
