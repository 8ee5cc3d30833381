/** The marks around the agent's lines in main.py (board/agent/README.md). */
const BEGIN = '# >>> micropython-fleet agent >>>';
const END = '# <<< micropython-fleet agent <<<';

const LINES = `${BEGIN}
# The agent starts here and runs what stands below as the board's program.
import mpyfleet
mpyfleet.start()
${END}
`;

/** Number of lines by which the program moves down in main.py. */
export const START_LINES = LINES.split('\n').length - 1;

const BLOCK =
  /^# >>> micropython-fleet agent >>>[^]*?^# <<< micropython-fleet agent <<<[ \t]*\r?\n?/gm;

/**
 * Adds the agent's start lines at the top of main.py, once. Everything else is unchanged and
 * becomes the program that the agent runs.
 */
export function withStartLines(main: string): string {
  return LINES + withoutStartLines(main);
}

/** Removes the agent's start lines from main.py. */
export function withoutStartLines(main: string): string {
  return main.replace(BLOCK, '');
}

/** Returns the agent's start lines in main.py, including their marks; '' if there are none. */
export function startLines(main: string): string {
  return (main.match(BLOCK) ?? []).join('');
}
