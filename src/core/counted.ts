/**
 * Returns the number with its noun: "1 file", "3 files", "1 entry". English only, for the command line, logs and results; texts of
 * the window have a translated form for one next to them.
 */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
