/** Public exports of this folder. Other folders import only from here. */
export { type AtBroker, CliBrokers, type Pushed } from './cliBrokers';
export { offerControl, runningBrokers, stopBroker } from './control';
export { type IgnoredBoards, ignoredBoards } from './ignored';
export { type KeyStore, keyStore } from './keyFile';
export { mqboardBroker } from './mqboardVariables';
export { boardLoginOf, passwordVariable } from './password';
