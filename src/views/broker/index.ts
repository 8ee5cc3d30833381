/** Public exports of this folder. Other folders import only from here. */
export { agentOf } from './agentOf';
export { agentSource } from './agentSource';
export { TopicWatch } from './topicWatch';
export { loadUrl, trustedKeys } from './releases';
export { airBoardOf, bundledAgent, updateAgentAt, updateFirmwareAt } from './airBoard';
export { BrokerCenter } from './brokerCenter';
export { BrokerSecretStore } from './brokerSecrets';
export { isBrokerNode } from './brokerTree';
export { FarDemo } from './farDemo';
export { forgetAtBrokers } from './forgetAtBrokers';
export { registerBrokers } from './register';
