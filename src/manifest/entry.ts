/** One appearance of a command, or of a submenu, in a menu of VS Code. */
export interface Place {
  /** A menu of VS Code, such as `view/title`, or a submenu of the extension, such as `mpyFleet.boardMenu`. */
  readonly menu: string;
  /** Group and order within the menu, such as `1_link@2`. */
  readonly group: string;
  /** VS Code's condition; without one the command is always shown. */
  readonly when?: string;
}

/** The fields of one command in package.json and package.nls.json. */
export interface Entry {
  readonly title: string;
  /** Name of one of VS Code's icons. */
  readonly icon?: string;
  /** When the command can be used; VS Code shows it greyed out otherwise. */
  readonly enablement?: string;
  /** When the command palette offers it: never, or under a condition. Without it: always. */
  readonly palette?: string;
  readonly key?: { readonly key: string; readonly mac?: string; readonly when: string };
  readonly menus?: readonly Place[];
}

/** Commands by their ids. */
export type Entries = Readonly<Record<string, Entry>>;
