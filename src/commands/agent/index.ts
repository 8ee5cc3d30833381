/** Public exports of this folder. Other folders import only from here. */
export { adoptCommands } from './adopt';
export { agentCommands } from './agent';
export { firmwareCommands } from './firmware';
export { agentKeyCommands } from './keys';
export { peopleCommands } from './people';
export { askAddress, askBroker, askLogin, askWifi } from './prompts';
export { shareCommands } from './share';
export { onEach } from './work';
