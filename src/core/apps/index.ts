/** Public exports of this folder. Other folders import only from here. */
export { appFromFolder, type AppFile, type AppPackage } from './appSource';
export { appFileOf, appOfBirth, parseAppInfo, readBoardApp, type BoardApp } from './boardNote';
export { deployApp, removeApp, type Deployed, type Supervisor } from './deploy';
export { appFromGit, gitTags } from './gitApp';
export { MANIFEST, parseManifest, type AppManifest } from './appManifest';
export { MessageCollector, type AppReply } from './collector';
export { AppCommands, isOpen } from './appCommands';
export { deliverWaiting } from './deliverWaiting';
export { dataOf, messageJson, messagesCsv, numbersOf } from './messageExport';
export { AGENT_FOR_APPS, checkAgent } from './agentCheck';
export { appTemplate, TEMPLATES, type TemplateKind } from './template';
export { parseIntervals } from './intervals';
export { catchUp } from './catchUp';
export { installStartUp, KEPT_FILE, type StartUp } from './startUp';
export {
  checkWhen,
  isDue,
  nextRun,
  parseWhen,
  whenText,
  type Missed,
  type When,
} from './scheduleTimes';
export { askPlan, readPlan, writePlan, type ScheduleState } from './boardPlan';
export {
  addBoardSchedule,
  boardSchedules,
  noSchedule,
  removeBoardSchedule,
  type ScheduleBoard,
} from './boardSchedules';
export { nextOf, ScheduleFile, type Schedule } from './scheduleFile';
export { KeptScripts } from './keptScripts';
export {
  AssignedPackages,
  type Assignment,
  AssignmentFile,
  assignmentFor,
  type Drift,
  driftOf,
  LATEST,
  readApp,
} from './assignments';
