/** Public exports of this folder. Other folders import only from here. */
export { appCommands } from './apps';
export { assignCommands } from './assign';
