/** The marks that fence the agent's lines in main.py (board/agent/README.md). */
const BEGIN = '# >>> micropython-fleet agent >>>';
const END = '# <<< micropython-fleet agent <<<';

const LINES = `${BEGIN}
# The agent starts here and runs what stands below as the board's program.
import mpyfleet
mpyfleet.start()
${END}
`;

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

/** Whether main.py starts the agent. */
export function hasStartLines(main: string): boolean {
  return main.search(BLOCK) >= 0;
}
