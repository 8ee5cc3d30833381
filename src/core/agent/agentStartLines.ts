/** The marks that fence the agent's lines in main.py (board/agent/README.md). */
const BEGIN = '# >>> micropython-fleet agent >>>';
const END = '# <<< micropython-fleet agent <<<';

const LINES = `${BEGIN}
# The agent starts here and runs what stands below as the board's program.
import mpyfleet
mpyfleet.start()
${END}
`;

/** How many lines the program is moved down in main.py. */
export const START_LINES = LINES.split('\n').length - 1;

const BLOCK =
  /^# >>> micropython-fleet agent >>>[^]*?^# <<< micropython-fleet agent <<<[ \t]*\r?\n?/gm;

/**
 * main.py with the agent's start lines before everything else, once. What else is in it stays as it is: it becomes the
 * program that the agent runs.
 */
export function withStartLines(main: string): string {
  return LINES + withoutStartLines(main);
}

/** main.py without the agent's start lines. */
export function withoutStartLines(main: string): string {
  return main.replace(BLOCK, '');
}

/** The agent's start lines as they stand in main.py, with their marks; '' where there are none. */
export function startLines(main: string): string {
  return (main.match(BLOCK) ?? []).join('');
}
