/** Public exports of this folder. Other folders import only from here. */
export { packageFileCommands } from './lockFiles';
export { packageCommands } from './packages';
export { stubCommands } from './stubs';
