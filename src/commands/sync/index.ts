/** Public exports of this folder. Other folders import only from here. */
export { compareCommands } from './compare';
export { syncCommands } from './sync';
