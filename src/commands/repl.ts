import type { Command } from './types';

/** The board's REPL. */
export const replCommands: readonly Command[] = [
  {
    id: 'openRepl',
    needs: 'board',
    which: 'present',
    run: async (context, board, { signal }) => {
      context.terminals.show(board);
      if (!board.transport) await board.connect({ signal });
    },
  },
];
