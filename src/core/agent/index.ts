/** Public exports of this folder. Other folders import only from here. */
export type {
  AgentControl,
  AgentRestart,
  AppState,
  ConfigureOptions,
  FirmwareSlots,
} from './agentControl';
export { type AgentFit, isOnThisComputer, takesWifi } from './agentFit';
export { clockForTls, type WrongClock } from './agentClock';
export { type AgentConfig, configJson } from './agentConfig';
export {
  type AgentSource,
  hasSource,
  installAgent,
  type Installed,
  removeAgent,
  removeStartLines,
  FROZEN_SLOT,
  neededSource,
  takesCompiled,
} from './agentInstall';
export { examine, type InstallTarget, scanWifi, type WifiNetwork } from './agentProbe';
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
export { checkPassphrase, MIN_PASSPHRASE, openKeys, sealKeys, withoutLesser } from './sealedKeys';
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
  type AgentErrorCode,
  type DecodedFrame,
  decodeError,
  decodeFrame,
  decodeJson,
  encodeFrame,
  encodeJsonAndBytes,
  ERROR_CODES,
  Flag,
  type Frame,
  makeFrame,
  MAX_U30,
  Op,
  type OpCode,
  PROTOCOL_VERSION,
  TAG_BYTES,
} from './agentProtocol';
export { type LogBatch, type LogLevel, parseLogBatch } from './agentProtocolLog';
export {
  type Birth,
  type BirthApp,
  type Facts,
  type Gone,
  isLateWill,
  parseFacts,
  parsePresence,
  parseTopic,
  wakesAt,
} from './agentProtocolPresence';
export {
  ACCESS_POINT,
  accessPointPassword,
  configMac,
  encodeGroupFrame,
  hmac,
  keyForRole,
  makeGroupKey,
  withLength,
} from './agentMacs';
export { AgentSession, type Role } from './agentProtocolSession';
export { isSigned, numberOf, signMessage, withoutTags } from './agentProtocolTags';
export { FrameCipher } from './frameCipher';
export { PresenceOrder, type ToldPresence } from './presenceOrder';
export { sharedKey } from './agentSharedKey';
export { updateOverTheAir } from './agentUpdate';
export { AGENT_VERSION } from './agentVersion';
export { type AppRecord, type MessageBatch, parseMessageBatch, startOf } from './messageBatch';
export { ReplayWindow } from './replayWindow';
export type { ReportedConfig } from './reportedConfig';
