/**
 * Names in the compiled agent. Its build replaces most of them by names that every firmware has
 * interned, which saves memory on the board (board/agent/README.md, "Memory"). This file translates
 * them back.
 */
import names from '../../../board/agent/names.json';

const OWN: ReadonlyMap<string, string> = new Map(
  Object.entries(names).map(([own, firmware]) => [firmware, own]),
);

/** A frame of the agent. Only its modules are compiled under a file name without an extension. */
const FRAME = /^(\s*File "([^"]*)", line \d+, in )(\S+)/;
const AGENT_MODULE = /^[a-z]\w*$/;

/**
 * Translates the agent's names in tracebacks of a board's text: function names, and names quoted in
 * error messages of the agent itself. Everything else is unchanged.
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

/** Translates quoted names in an error message of the agent. */
export function quotedAgentNames(message: string): string {
  return message.replace(/'(\w+)'/g, (quoted, name: string) => {
    const own = OWN.get(name);
    return own === undefined ? quoted : `'${own}'`;
  });
}
