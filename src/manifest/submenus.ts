import type { Place } from './entry';
import { boardRow, boardsRow, eitherOf, groupRow, ONE, SEVERAL } from './places';

interface Submenu {
  /** Its label, a text of package.nls.json. */
  readonly label: string;
  readonly menus: readonly Place[];
}

/** The submenus of boards' rows. */
export const submenus: Readonly<Record<string, Submenu>> = {
  filesMenu: { label: '%menu.files%', menus: [boardRow('present', '5_more@1', ONE)] },
  syncMenu: { label: '%menu.sync%', menus: [boardsRow('present', '5_more@2')] },
  boardMenu: { label: '%menu.board%', menus: [boardRow('any', '5_more@3')] },
  agentMenu: { label: '%menu.agent%', menus: [boardsRow('present|agent', '5_more@4')] },
  manyMenu: {
    label: '%menu.many%',
    menus: [eitherOf(boardsRow('any', '5_more@5', SEVERAL), groupRow('5_more@5', ONE))],
  },
};
