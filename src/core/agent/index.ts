/** Public exports of this folder. Other folders import only from here. */
export type {
  AgentControl,
  AgentRestart,
  AppState,
  ConfigureOptions,
  FirmwareSlots,
} from './agentControl';
export { isOnThisComputer, takesWifi } from './agentFit';
export { type AgentConfig, configJson } from './agentConfig';
export {
  type AgentSource,
  installAgent,
  removeAgent,
  removeStartLines,
  FROZEN_SLOT,
  neededSource,
  takesCompiled,
} from './agentInstall';
export {
  type AgentFit,
  examine,
  type InstallTarget,
  scanWifi,
  type WifiNetwork,
} from './agentProbe';
export {
  type BoardKey,
  checkKeyName,
  keyLabel,
  keyText,
  newBoardKey,
  parseKey,
  ROLES,
} from './agentKeys';
export {
  giveKey,
  type Given,
  type Grant,
  grantsOf,
  renewAdminKey,
  revokePerson,
} from './agentPeople';
export { MIN_PASSPHRASE, openKeys, sealKeys } from './sealedKeys';
export {
  formatEntry,
  isWanted,
  LEVELS,
  type LogEntry,
  type LogFilter,
  LogSequences,
  LogStore,
} from './agentLogs';
export { keptRecords } from './logRecords';
export { quotedAgentNames, withAgentNames } from './agentNames';
export {
  type AgentError,
  decodeError,
  decodeFrame,
  decodeJson,
  encodeJsonAndBytes,
  Flag,
  type Frame,
  makeFrame,
  MAX_U30,
  Op,
  type OpCode,
} from './agentProtocol';
export { type LogBatch, type LogLevel, parseLogBatch } from './agentProtocolLog';
export {
  type Birth,
  type BirthApp,
  type Facts,
  type Gone,
  parseFacts,
  parsePresence,
  parseTopic,
} from './agentProtocolPresence';
export {
  ACCESS_POINT,
  accessPointPassword,
  configMac,
  encodeGroupFrame,
  makeGroupKey,
} from './agentMacs';
export { AgentSession, type Role } from './agentProtocolSession';
export { isSigned, withoutTags } from './agentProtocolTags';
export { sharedKey } from './agentSharedKey';
export { updateOverTheAir } from './agentUpdate';
export { AGENT_VERSION } from './agentVersion';
export { type AppRecord, type MessageBatch, parseMessageBatch, startOf } from './messageBatch';
export type { ReportedConfig } from './reportedConfig';
