/** Public exports of this folder. Other folders import only from here. */
export { DEVICES } from './deviceFiles';
export { closeDiffs, showDiff } from './diff';
export { isInWorkspace } from './outsidePlaces';
export { isPreviewed, notePreviewed } from './previewed';
export { registerSync } from './register';
export { configuredFiles, ownerOf, specSource, type SyncSource } from './sources';
export type { Compared, Preview } from './shown';
export { SyncCenter } from './syncCenter';
export { headline, SYNC_VIEW, type SyncNode } from './syncView';
export { uriAt, workspaceFs } from './workspaceFs';
