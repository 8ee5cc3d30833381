/** Public exports of this folder. Other folders import only from here. */
export { applyPlan, type SyncResult } from './apply';
export { below, boardPath, joinBoard } from './boardPath';
export { walkOrEmpty } from './boardListing';
export { foldCase, listedName, sameAsWritten } from './caseless';
export { compareBoards, compareWithFolder, type Comparison, type Drift } from './compare';
export { confinedFs, type MayRead } from './confinedFs';
export { IGNORE_FILE, ignoresFor, joinLocal } from './folderScan';
export {
  planFolder,
  type Prepared,
  prepareFolder,
  prepareTree,
  type TransformTree,
} from './folderSync';
export { followChanges, type LocalChange } from './followChanges';
export { BUILT_IN_IGNORES, BUILT_IN_RULES, IgnoreRules, VENV_MARK } from './ignoreRules';
export {
  keepBefore,
  keepDeleted,
  type KeepOptions,
  type Kept,
  nothingKept,
  writeRecorded,
} from './keepCopy';
export { keepReplaced, writeIfNew } from './keepNew';
export { copyKept, moveKept, moveOnBoard, type Placement } from './keepOnBoard';
export { type LocalEntry, type LocalFs } from './localFs';
export {
  BOARD_FOLDER,
  folderWords,
  forBoard,
  isPerBoard,
  type Mapping,
  type MappingSetting,
  parseMapping,
  placesOf,
  relativeOf,
  wholeFolder,
} from './mapping';
export type {
  LocalFile,
  LocalTree,
  SyncAction,
  SyncMode,
  SyncPlan,
  SyncProblem,
  SyncRules,
} from './model';
export { parseSpec, specFiles, specRules, specTree } from './mqsyncSpec';
export { nodeLocalFs } from './nodeLocalFs';
export { nodeUndoFolder } from './nodeUndoFolder';
export { plan } from './planner';
export { protection } from './rules';
export { planSummary, resultSummary } from './summary';
export { undoLast, type UndoResult } from './undo';
export { UndoStore } from './undoStore';
