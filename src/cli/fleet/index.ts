/** Public exports of this folder. Other folders import only from here. */
export { updateInWaves } from './airWaves';
export { applyAssigned } from './assignedApps';
export { applyTo, deployTo } from './deployApp';
export { GroupPut, type LoadedItem } from './groupPut';
export { GroupUpload } from './groupUpload';
export { audited, openHistory } from './history';
export { runSchedules } from './runSchedules';
export { runWaiting } from './waitingJobs';
export { type Watched, whileWatching } from './watch';
export { watchUnit } from './watchUnit';
