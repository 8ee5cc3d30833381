/** Public exports of this folder. Other folders import only from here. */
export { HandOver } from './handOver';
export { templateItems } from './localFiles';
export {
  type LineBoard,
  type LineEvents,
  type LinePlaces,
  prepareLine,
  ProductionLine,
  unfinishedRecord,
} from './line';
export {
  ACCESS_POINT_PAGE,
  boardNamed,
  boardsNear,
  byHand,
  type NearBoard,
  nearNetworks,
  runTool,
} from './nearby';
export { MadeList } from './madeList';
export { NameRange, type BoardName } from './names';
export {
  AlreadySetUpError,
  isSameBoard,
  parseRecords,
  recordsCsv,
  recordWords,
  withRecord,
} from './record';
export type { SetupRecord } from './record';
export { setUpBoard } from './setUpBoard';
export { STEPS, type StepName } from './stepNames';
export type { BrokerPlace, SetupBoard, SetupHost, SetUpOptions } from './steps';
export { isForOthers, PARTS, parseTemplate, plainSecrets, stepsOf, withParts } from './template';
export type { Part, SetupTemplate, TemplateBroker, TemplateFile } from './template';
