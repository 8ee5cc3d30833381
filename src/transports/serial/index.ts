/** Public exports of this folder. Other folders import only from here. */
export { PortWatcher } from './portWatcher';
export { surroundings } from './surroundings';
