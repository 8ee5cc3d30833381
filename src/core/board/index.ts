/** Public exports of this folder. Other folders import only from here. */
export { blink } from './blink';
export type { Board, StopAnswer } from './board';
export { boardBecomes } from './boardBecomes';
export { clockCode, setClock } from './boardClock';
export { boardZone } from './boardZone';
export { noteLine } from './boardConsole';
export type { BoardInfo } from './boardInfo';
export { bytesText, infoLines } from './boardInfoText';
export { wordOf } from './boardWord';
export { boardBadge } from './boardNames';
export { type BoardState, type BoardStateName, isConnected } from './boardState';
export {
  type Asleep,
  type BoardSource,
  type Found,
  isOneDevice,
  isPlaceholderUid,
  type Link,
  type UsbInfo,
  usbKey,
} from './discovery';
export { Fleet } from './fleet';
export type { Lent } from './deviceNames';
export { type KnownBoard, KnownBoards, type KnownBoardsStore } from './knownBoards';
export { checkMeant } from './meantBoard';
export { mpyFromFile, mpyFromNumber, mpyToNumber, runsNative } from './mpyFormat';
export { PORT_HINT_IDS, type PortHint, portHints, type PortSurroundings } from './portHints';
export { presentAgent } from './presentAgent';
export { readInfo } from './readInfo';
export { showPrompt } from './showPrompt';
export { stateNames, stateWord, type StateWord } from './stateWord';
export { type ManyStopAnswer, StopPolicies } from './stopPolicy';
export { sharedWords, UsbKeys } from './usbKeys';
