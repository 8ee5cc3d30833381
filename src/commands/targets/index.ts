/** Public exports of this folder. Other folders import only from here. */
export { chooseBoards } from './chooseMany';
export { boardsOf } from './named';
export { askBoard, pickBoard } from './pickOne';
export {
  boardsIn,
  resolveBoard,
  resolveBoards,
  resolveLocal,
  resolveRemote,
  resolveRows,
} from './resolve';
export { fits } from './rule';
