import type { Entries } from './entry';
import { viewTitle } from './places';

/** Commands for settings, help and the log. */
export const general = {
  showOtherPorts: {
    title: 'Show Other Ports',
    menus: [viewTitle('boards', '2_view@1')],
  },
  showLog: {
    title: 'Show Log',
    icon: 'output',
    menus: [viewTitle('boards', '3_more@2')],
  },
  openSettings: {
    title: 'Open Settings',
    icon: 'settings-gear',
    menus: [viewTitle('boards', '3_more@1')],
  },
  openWalkthrough: {
    title: 'Get Started',
    icon: 'book',
    menus: [viewTitle('boards', '3_more@3')],
  },
  tryFile: {
    title: 'Try an Example',
  },
} satisfies Entries;
