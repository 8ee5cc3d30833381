/**
 * Returns a number with its noun: "1 file", "3 files", "1 entry". English only, for the command
 * line, logs and results. Texts of the window have separate forms for one and for many, which can
 * be translated.
 */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
