/** The marks that fence the app's lines in main.py of a board without the agent. */
const BLOCK = /^# >>> micropython-fleet app >>>[^]*?^# <<< micropython-fleet app <<<[ \t]*\r?\n?/gm;

const LINES = `# >>> micropython-fleet app >>>
# The app that was deployed to this board starts here; what stands below is not reached.
import fleet
fleet.run()
# <<< micropython-fleet app <<<
`;

/** main.py with the lines that start the app before everything else, or without them. */
export function withAppLines(main: string, wanted: boolean): string {
  const rest = main.replace(BLOCK, '');
  return wanted ? LINES + rest : rest;
}
