/** Lines that enclose the app's lines in main.py of a board without the agent. */
const BLOCK = /^# >>> micropython-fleet app >>>[^]*?^# <<< micropython-fleet app <<<[ \t]*\r?\n?/gm;

const LINES = `# >>> micropython-fleet app >>>
# The app that was deployed to this board starts here; what stands below is not reached.
import fleet
fleet.run()
# <<< micropython-fleet app <<<
`;

/** Returns main.py with or without the lines that start the app before everything else. */
export function withAppLines(main: string, wanted: boolean): string {
  const rest = main.replace(BLOCK, '');
  return wanted ? LINES + rest : rest;
}
