/** Public exports of this folder. Other folders import only from here. */
export { brokerCommands } from './broker';
export { connectedBroker } from './connected';
export { topicCommands } from './topics';
