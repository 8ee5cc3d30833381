/** Keys that VS Code or the shell would take, handed to a board's terminal as the control characters of MicroPython's REPL. */
export const terminalKeys = ['a', 'b', 'd', 'e'].map((letter) => ({
  key: `ctrl+${letter}`,
  command: 'workbench.action.terminal.sendSequence',
  args: { text: String.fromCharCode(letter.charCodeAt(0) - 'a'.charCodeAt(0) + 1) },
  when: 'terminalFocus && mpyFleet.replActive',
}));
