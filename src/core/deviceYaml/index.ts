/** Public exports of this folder. Other folders import only from here. */
export { keysFor, slotAt } from './completion';
export { deviceRules, deviceTree } from './deviceTree';
export { deviceFolders, type Environment, expandPath, libraryFolders } from './environment';
export { lentNames } from './lentNames';
export { filesBelow } from './localFiles';
export { bareUid, type Device, type Diagnostic, type Dialect } from './model';
export type { DeviceRegistry } from './registry';
export { resolveDevice } from './resolve';
export { checkSecrets } from './secretsCheck';
