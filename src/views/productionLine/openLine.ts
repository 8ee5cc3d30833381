/** The production line of this window. There is at most one, because a port can have one owner. */
export class OpenLine {
  current: { reveal(): void; readonly isRunning: boolean } | undefined;
}
