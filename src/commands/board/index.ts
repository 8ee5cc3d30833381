/** Public exports of this folder. Other folders import only from here. */
export { boardActionCommands } from './actions';
export { arrangeCommands } from './arrange';
export { boardCommands } from './board';
export { configureCommands } from './configure';
export { connectionCommands } from './connection';
export { crashCommands } from './crashes';
export { logCommands } from './logs';
export { webReplCommands } from './webrepl';
