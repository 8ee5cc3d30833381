/** Public exports of this folder. Other folders import only from here. */
export { type LoadedAgent, loadAgentRelease } from './agentRelease';
export { checkSigned, type LoadedFirmware, loadFirmwareUpdate } from './firmwareUpdate';
export { releaseFromWeb } from './releaseFromWeb';
export { type LoadUrl, updateKeys } from './signedManifest';
