/** Public exports of this folder. Other folders import only from here. */
export {
  type AirBoard,
  type AirIo,
  airPlan,
  airSteps,
  type NewAgent,
  type NewFirmware,
  type Pace,
  parseWaves,
  type SignedFirmware,
  runsAgent,
  updateAgentOn,
  updateFirmwareOn,
} from './agentRollout';
export {
  boardFolders,
  ContentHash,
  fetchFiles,
  filesAt,
  filesMatching,
  type Wanted,
} from './collect';
export {
  type ActionBoard,
  type ActionIo,
  type ActionServices,
  auditAction,
  type FleetAction,
  runAction,
  runStored,
  type UploadFile,
} from './fleetActions';
export { fleetFile } from './fleetFile';
export { FleetJob, type FleetJobServices } from './fleetJob';
export {
  allTags,
  filterBoards,
  groupBoards,
  type Grouping,
  GROUPINGS,
  groupKeys,
  sortByName,
  tagsIn,
} from './grouping';
export type { GroupPublisher, GroupPublishOptions, GroupResult } from './groupPublisher';
export { healthOf, marksOfPresence, type Issue, type Mark, offsetText } from './health';
export {
  compressHostlist,
  expandHostlist,
  expandTerm,
  naturally,
  shortHostlist,
  splitTerms,
} from './hostlist';
export { DEFAULT_CONCURRENCY, forEachBoard, type Outcome, unfinished } from './jobs';
export type { ManyJob } from './manyJob';
export { namesPreview, numberingOrder, patternNames, sharedName } from './namePattern';
export { moveOldJobs, PendingFolder } from './pendingFolder';
export { type PendingJob, PendingJobs, type PendingStore } from './pendingJobs';
export { PendingReturns } from './pendingReturns';
export { recordTelemetry } from './recordTelemetry';
export { type BoardResult, resultOf, summarize } from './results';
export { resultsToCsv, resultsToJson, resultsToText, resultToText } from './resultsExport';
export {
  Rollout,
  type RolloutEnd,
  type RolloutPlan,
  type RolloutRow,
  type RolloutSteps,
  wavesOf,
} from './rollout';
export { type FileRollout, FileRolloutSteps } from './rolloutFiles';
export { AIR_WORDS, FILE_WORDS, RolloutJob, type RolloutWords } from './rolloutJob';
export {
  type KnownTags,
  type SelectableBoard,
  selectableBoard,
  selectableOf,
} from './selectableBoard';
export {
  type Groups,
  type Selectable,
  selectBoards,
  type Selection,
  SELECTOR_HELP,
} from './selector';
export { type Metric, METRICS, type Sample, Telemetry, valuesFromAgent } from './telemetry';
export type { UploadPlan, UploadServices } from './uploadPlan';
