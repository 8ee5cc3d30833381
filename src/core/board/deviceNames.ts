/** Name and tags that a device file gives to a board. They never replace those of a board or a group. */
export interface Lent {
  readonly name: string;
  readonly tags: readonly string[];
  /** The file belongs to the user. One of a project comes from others, so it adds nothing to the user's own groups. */
  readonly own: boolean;
}
