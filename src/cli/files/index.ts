/** Public exports of this folder. Other folders import only from here. */
export { backUp } from './backUp';
export { boardPath, boardPaths, expand, isPattern } from './boardPaths';
export { bundledAgent } from './bundledAgent';
export { bundledFiles } from './bundledFiles';
export { jsonContent } from './jsonContent';
export { Copies } from './copies';
export { expandLocal } from './localPaths';
export { undoStore } from './undoFolder';
export { writeCounted, writeKept, type Written } from './writeKept';
export { fromUrl, isUrlSource, type Local, savedPlace } from './urlSource';
