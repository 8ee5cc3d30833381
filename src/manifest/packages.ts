import type { Entries } from './entry';
import { ONE, and, is, packageRow, row, submenu, viewTitle } from './places';

/** Commands for packages. */
export const packages = {
  installPackage: {
    title: 'Install Package…',
    icon: 'add',
    menus: [
      viewTitle('packages', 'navigation@1'),
      row('packages', 'packageBoard', 'inline@1'),
      row('packages', 'packageBoard', '1_all@1'),
      submenu('many', '3_packages@1'),
    ],
  },
  installPackages: {
    title: 'Install Packages',
    palette: 'never',
  },
  updatePackages: {
    title: 'Update All Packages',
    icon: 'arrow-circle-up',
    menus: [
      viewTitle('packages', '1_all@1'),
      row('packages', 'packageBoard', '1_all@2'),
      submenu('many', '3_packages@2'),
    ],
  },
  updatePackage: {
    title: 'Update Package',
    icon: 'arrow-circle-up',
    menus: [packageRow('outdated|broken', 'inline@1'), packageRow('package', '1_package@1')],
  },
  removePackage: {
    title: 'Remove Package',
    icon: 'trash',
    menus: [packageRow('package', 'inline@2'), packageRow('package', '1_package@2')],
  },
  checkPackages: {
    title: 'Check Packages for Changes and Updates',
    icon: 'refresh',
    menus: [
      viewTitle('packages', 'navigation@2'),
      row('packages', 'packageBoard', '1_all@3'),
      submenu('many', '3_packages@4'),
    ],
  },
  installLock: {
    title: 'Install from mpy.lock',
    menus: [
      viewTitle('packages', '2_file@2'),
      row('packages', 'packageBoard', '2_file@1'),
      submenu('many', '3_packages@3'),
    ],
  },
  writeLock: {
    title: 'Write mpy.lock',
    menus: [viewTitle('packages', '2_file@3'), row('packages', 'packageBoard', '2_file@2')],
  },
  installRequirements: {
    title: 'Install from Requirements File…',
    menus: [viewTitle('packages', '2_file@1')],
  },
  setUpStubs: {
    title: 'Set Up Code Completion for This Board',
    menus: [submenu('board', '3_setup@1', and(ONE, is('present')))],
  },
} satisfies Entries;
