/** Public exports of this folder. Other folders import only from here. */
export { SharedBoard } from './sharedBoard';
