/** Public exports of this folder. Other folders import only from here. */
export { askMostFailed, askPace } from './askPace';
export { exportBoardsCommands } from './exportBoards';
export { fleetCommands } from './fleet';
export { groupCommands } from './groups';
export { rolloutCommands } from './rollout';
export { askAboutPrograms, runOnBoards, startJob, withoutAway } from './start';
export { tellBoards } from './tellBoards';
