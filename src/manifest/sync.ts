import type { Entries } from './entry';
import { ONE, SEVERAL, and, boardsRow, is, row, submenu, viewTitle } from './places';

/** Commands for sync and comparison. */
export const sync = {
  syncPush: {
    title: 'Sync to Board (Push)',
    icon: 'repo-push',
    menus: [boardsRow('present', '3_files@4')],
  },
  syncPreview: {
    title: 'Preview Sync to Board…',
    icon: 'checklist',
    menus: [viewTitle('sync', '1_sync@1'), submenu('sync', '1_sync@1')],
  },
  syncMirror: {
    title: 'Mirror to Board…',
    icon: 'sync',
    menus: [viewTitle('sync', '1_sync@2'), submenu('sync', '1_sync@2')],
  },
  syncPull: {
    title: 'Pull from Board…',
    icon: 'repo-pull',
    menus: [viewTitle('sync', '1_sync@3'), submenu('sync', '1_sync@3', and(ONE, is('board')))],
  },
  syncApply: {
    title: 'Apply Sync',
    icon: 'check-all',
    palette: 'mpyFleet.syncShows == preview',
    menus: [viewTitle('sync', 'navigation@1', 'mpyFleet.syncShows == preview')],
  },
  syncClose: {
    title: 'Close the Sync Preview',
    icon: 'close',
    palette: 'mpyFleet.syncShows',
    menus: [viewTitle('sync', 'navigation@9', 'mpyFleet.syncShows')],
  },
  syncDiff: {
    title: 'Show Differences',
    icon: 'diff',
    palette: 'never',
    menus: [row('sync', 'syncFile', 'inline@1'), row('sync', 'syncFile', '1_diff@1')],
  },
  syncUndo: {
    title: 'Undo Last Sync, Upload or Delete',
    icon: 'discard',
    menus: [viewTitle('sync', 'navigation@8'), submenu('sync', '1_sync@4')],
  },
  toggleSyncOnSave: {
    title: 'Turn Sync on Save On or Off',
    icon: 'sync',
    menus: [viewTitle('sync', '3_save@1')],
  },
  compareWithFolder: {
    title: 'Compare Board with Folder…',
    icon: 'git-compare',
    menus: [
      viewTitle('sync', '2_compare@1'),
      submenu('sync', '2_compare@1', and(ONE, is('board'))),
    ],
  },
  compareBoards: {
    title: 'Compare Two Boards…',
    icon: 'git-compare',
    menus: [viewTitle('sync', '2_compare@2'), submenu('sync', '2_compare@2', SEVERAL)],
  },
  createDeviceConfig: {
    title: "Open or Create the Board's Configuration",
    icon: 'file-code',
    menus: [submenu('sync', '3_config@1', and(ONE, is('board')))],
  },
  syncSpec: {
    title: 'Sync with an mqsync Specification…',
    icon: 'checklist',
  },
} satisfies Entries;
