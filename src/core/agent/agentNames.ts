/**
 * The compiled agent's own names. Its build gives most of them names that every firmware has, which takes less memory on the
 * board (board/agent/README.md, "Memory"); here they become again what they are in its source.
 */
import names from '../../../board/agent/names.json';

const OWN: ReadonlyMap<string, string> = new Map(
  Object.entries(names).map(([own, firmware]) => [firmware, own]),
);

/** A frame of the agent: its modules, and only they, are compiled under a name without an end. Else of anybody's. */
const FRAME = /^(\s*File "([^"]*)", line \d+, in )(\S+)/;
const AGENT_MODULE = /^[a-z]\w*$/;

/**
 * Text of a board, with the agent's names in the tracebacks that it holds: those of its functions, and those quoted in the
 * message of an error that the agent itself has made. All else stays as it is.
 */
export function withAgentNames(text: string): string {
  let last = ''; // the file of the frame before this line
  return text
    .split('\n')
    .map((line) => {
      const [whole = '', head = '', file = '', name = ''] = FRAME.exec(line) ?? [];
      const before = last;
      last = file;
      if (AGENT_MODULE.test(file)) return head + (OWN.get(name) ?? name) + line.slice(whole.length);
      return AGENT_MODULE.test(before) ? quotedAgentNames(line) : line;
    })
    .join('\n');
}

/** The message of an error that the agent has made, with its names where it quotes names. */
export function quotedAgentNames(message: string): string {
  return message.replace(/'(\w+)'/g, (quoted, name: string) => {
    const own = OWN.get(name);
    return own === undefined ? quoted : `'${own}'`;
  });
}
