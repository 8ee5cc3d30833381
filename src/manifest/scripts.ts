import type { Entries } from './entry';
import { ONE, SEVERAL, and, at, is, row, submenu, viewTitle } from './places';

const PYTHON = 'resourceExtname == .py';

/** Commands for scripts, schedules and the program of boards. */
export const scripts = {
  runScript: {
    title: 'Run a Script Once on Boards…',
    icon: 'play',
    menus: [row('scripts', 'keptScript', 'inline@1'), row('scripts', 'keptScript', '1_run@1')],
  },
  installScript: {
    title: 'Install a Script as Start-up on Boards…',
    icon: 'zap',
    menus: [
      row('scripts', 'keptScript', 'inline@2'),
      row('scripts', 'keptScript', '1_run@2'),
      at('explorer/context', '2_mpyFleet@7', and(PYTHON, 'resourceScheme != mpy')),
    ],
  },
  addSchedule: {
    title: 'Schedule a Script…',
    icon: 'add',
    menus: [
      viewTitle('scripts', 'navigation@1'),
      row('scripts', 'keptScript', '1_run@3'),
      row('scripts', 'scheduleBoard', 'inline@1'),
      row('scripts', 'scheduleBoard', '1_run@1'),
      at('explorer/context', '2_mpyFleet@8', and(PYTHON, 'resourceScheme != mpy')),
    ],
  },
  removeSchedule: {
    title: 'Remove the Schedule…',
    icon: 'trash',
    palette: 'never',
    menus: [
      row('scripts', /^(computer|board)Schedule$/, 'inline@1'),
      row('scripts', /^(computer|board)Schedule$/, '2_remove@1'),
    ],
  },
  keepScript: {
    title: 'Keep a Script for All Workspaces…',
    icon: 'save',
    menus: [
      viewTitle('scripts', '1_more@1'),
      at('explorer/context', '2_mpyFleet@9', and(PYTHON, 'resourceScheme != mpy')),
    ],
  },
  forgetScript: {
    title: 'Delete the Kept Script…',
    palette: 'never',
    menus: [row('scripts', 'keptScript', '2_remove@1')],
  },
  refreshSchedules: {
    title: 'Refresh Schedules',
    icon: 'refresh',
    menus: [viewTitle('scripts', 'navigation@2')],
  },
  watchSchedules: {
    title: 'Run mpyfleet watch in a Terminal',
    menus: [viewTitle('scripts', '1_more@2')],
  },
  startProgram: {
    title: "Start the Board's Program",
    menus: [
      submenu('board', '0_program@1', and(ONE, is('present'))),
      submenu('many', '3_program@1', SEVERAL),
    ],
  },
  stopProgram: {
    title: "Stop the Board's Program",
    menus: [
      submenu('board', '0_program@2', and(ONE, is('present'))),
      submenu('many', '3_program@2', SEVERAL),
    ],
  },
  restartProgram: {
    title: "Restart the Board's Program",
    menus: [
      submenu('board', '0_program@3', and(ONE, is('present'))),
      submenu('many', '3_program@3', SEVERAL),
    ],
  },
} satisfies Entries;
