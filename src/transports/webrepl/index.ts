/** Public exports of this folder. Other folders import only from here. */
export { BeaconSource } from './beaconSource';
export { MdnsSource } from './mdns';
export type { WebReplSettings } from './webReplTransport';
