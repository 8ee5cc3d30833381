/** Public exports of this folder. Other folders import only from here. */
export { enterBootloader, touch } from './bootloader';
export {
  FirmwareCatalogue,
  genericBoard,
  MICROPYTHON_DOWNLOADS,
  type BoardFirmware,
} from './catalogue';
export type { CatalogueBoard, CatalogueFile } from './catalogueEntries';
export { CIRCUITPYTHON } from './circuitPython';
export { requireDfuUtil } from './dfu';
export { findDrives, type LoaderDrive } from './drives';
export { FlashError, type FlashReason, type FlashState } from './errors';
export type { EspFlashOptions, EspFlashResult, FlashProgress } from './espFlash';
export type { EspIdentity } from './espLoader';
export {
  flashBoard,
  type FlashBoardOptions,
  type FlashOutcome,
  type FlashTarget,
} from './flashBoard';
export { MOST_FIRMWARE_BYTES, otherVersion, parseFirmware, type Firmware } from './image';
export { stepsText, type MakerAnswer } from './makerAnswer';
export type { FlashPort, FlashPortFactory, Lines } from './port';
export { versionIn } from './espImage';
export { compareReleases, newestRelease } from './release';
export { type BoardClues, proposeBoards } from './proposal';
export { flashStep } from './flashStep';
