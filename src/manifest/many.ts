import type { Entries } from './entry';
import { at, submenu, viewTitle } from './places';

/** Commands for many boards at once. */
export const many = {
  fleetRun: {
    title: 'Run on Boards…',
    icon: 'run-all',
    menus: [
      viewTitle('boards', '4_many@0'),
      at('editor/title/run', 'navigation@3', 'editorLangId == python'),
      submenu('many', '1_run@1'),
    ],
  },
  fleetRunCode: {
    title: 'Run Code on Boards…',
    menus: [submenu('many', '1_run@2')],
  },
  fleetInstall: {
    title: 'Install a Folder in /lib on Boards…',
    menus: [submenu('many', '2_put@1')],
  },
  fleetRead: {
    title: 'Read a Value from Boards…',
    menus: [submenu('many', '1_run@3')],
  },
  rollOut: {
    title: 'Roll Out to Boards…',
    icon: 'rocket',
    menus: [viewTitle('boards', '4_many@2'), submenu('many', '2_put@2')],
  },
  retryFailed: {
    title: 'Retry Failed Boards',
    icon: 'refresh',
    menus: [viewTitle('results', 'navigation@1')],
  },
  exportResults: {
    title: 'Export Results…',
    icon: 'export',
    menus: [viewTitle('results', 'navigation@2')],
  },
  saveGroup: {
    title: 'Save Boards as a Group…',
    menus: [viewTitle('boards', '4_many@3'), submenu('many', '5_name@2')],
  },
  editTags: {
    title: 'Edit Tags of Boards…',
    icon: 'tag',
    menus: [submenu('board', '4_name@1'), submenu('many', '5_name@1')],
  },
  showResults: {
    title: 'Show Results',
    icon: 'list-selection',
  },
  showHistory: {
    title: 'Show History',
    icon: 'history',
    menus: [viewTitle('results', '1_history@1'), viewTitle('boards', '4_many@4')],
  },
  setHistoryServer: {
    title: 'Keep the History on a PostgreSQL Server…',
    icon: 'database',
  },
  showWaiting: {
    title: 'Show Jobs Waiting for Boards…',
    icon: 'watch',
    menus: [viewTitle('results', '1_history@2')],
  },
  showDashboard: {
    title: 'Show Dashboard',
    icon: 'dashboard',
    menus: [viewTitle('boards', 'navigation@8')],
  },
} satisfies Entries;
