/** Public exports of this folder. Other folders import only from here. */
export { isUnplugged, joinReports } from './atBrokers';
export { chooseBoards } from './choose';
export { CliBoard, programsOf } from './cliBoard';
export { deviceEnvironment, deviceFilesIn, DEVICES, uidOnCable } from './deviceNames';
export { comesBack, targetOf } from './flashPort';
export { type Links, loadLinks } from './links';
export { Progress } from './progress';
export { isForeign } from './project';
export { printRecords, recordFilter } from './records';
export { loadRegistry, ownRegistry, type PlacedMacro, type RegisteredBoard } from './registry';
export { type BoardIo, runOnBoards, withHint } from './runOnBoards';
export { shownOutput } from './shownOutput';
