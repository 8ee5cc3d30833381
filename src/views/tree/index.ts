/** Public exports of this folder. Other folders import only from here. */
export { Arrangement } from './arrangement';
export { boardTooltipOf, placeWords, shownTags, stateOf } from './boardItem';
export { hasAgent, lookOf } from './boardLook';
export { BoardTree } from './boardTree';
export { keyRows } from './keyRows';
export {
  boardsOfNode,
  childOf,
  folderOf,
  isTreeNode,
  meantRows,
  nameOf,
  parentOf,
  type RemoteNode,
  type TreeNode,
} from './nodes';
export { agentText, escape, factLines } from './tooltip';
export { BOARDS_VIEW, registerTree } from './treeView';
export { BoardNotes, shortVersion } from './boardNotes';
