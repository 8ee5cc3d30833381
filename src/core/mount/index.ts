/** Public exports of this folder. Other folders import only from here. */
export { MountedFolder } from './folder';
export { MountedTransport } from './mountedTransport';
export { MountStream, newMark } from './mountStream';
