import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditBoard, AuditEntry } from '../store';
import { auditError } from './auditError';
import { loginName } from './loginName';

/** The board that the work was done on. */
export interface WorkedBoard {
  readonly id: string;
  readonly name: string;
  readonly uid?: string;
}

/** What the audit needs: who acts, where entries go, and the time. */
export interface OperationServices {
  readonly origin: AuditEntry['origin'];
  /** Takes an entry for the store. */
  record(entry: AuditEntry): void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** A running operation, and its work on boards so far. */
interface Scope {
  open: boolean;
  readonly boards: Map<string, AuditBoard>;
  /** The work, in the words that the tree shows during it. */
  readonly works: Set<string>;
}

/** Maximum number of different kinds of work in an entry. The title describes the rest. */
const NAMED_WORKS = 3;

/**
 * The one place where the audit is written. Each board reports its work with {@link worked}. {@link run} collects the work of
 * one command, job or tool in one entry. Work outside of any operation, such as saving a file in the `mpy:` file system, gets
 * an entry of its own.
 *
 * An entry holds names of boards and files, and kinds of errors; never code, output or secrets.
 */
export class Operations {
  readonly #scopes = new AsyncLocalStorage<Scope>();
  readonly #now: () => number;

  constructor(private readonly services: OperationServices) {
    this.#now = services.now ?? Date.now;
  }

  /**
   * Runs `work` as one operation called `what`, and writes its entry at the end. Without `boards`,
   * the entry lists the boards worked on during it, and is omitted if there were none.
   * @param boards how the job ended on each board, if the job knows
   */
  async run<T>(
    what: string,
    work: () => Promise<T>,
    boards?: () => readonly AuditBoard[],
  ): Promise<T> {
    const scope: Scope = { open: true, boards: new Map(), works: new Set() };
    const at = this.#now();
    let error: unknown;
    try {
      return await this.#scopes.run(scope, work);
    } catch (caught) {
      error = caught;
      throw caught;
    } finally {
      scope.open = false; // work that continues in the background is not part of the operation
      const worked = boards?.() ?? failing([...scope.boards.values()], error);
      if (boards ?? worked.length > 0) {
        this.#record(at, boards ? what : titled(what, scope.works), worked);
      }
    }
  }

  /**
   * Reports work on a board, or its failure with `error`. `what` is a few words, without code and
   * output.
   */
  worked(board: WorkedBoard, what: string, error?: unknown, startedAt = this.#now()): void {
    const done: AuditBoard = {
      ...(board.uid === undefined ? {} : { uid: board.uid }),
      name: board.name,
      ...auditError(error),
    };
    const scope = this.#scopes.getStore();
    if (scope?.open) {
      scope.boards.set(board.id, done);
      scope.works.add(what);
    } else this.#record(startedAt, what, [done]);
  }

  #record(at: number, what: string, boards: readonly AuditBoard[]): void {
    const { services } = this;
    const { origin } = services;
    services.record({ at, who: loginName(), origin, what, ms: this.#now() - at, boards });
  }
}

/** Marks an operation as failed although its last work on a board succeeded: a later step failed. */
function failing(boards: readonly AuditBoard[], error: unknown): readonly AuditBoard[] {
  if (error === undefined || boards.some((b) => b.status !== 'ok')) return boards;
  return boards.map((b) => ({ ...b, ...auditError(error) }));
}

function titled(what: string, works: ReadonlySet<string>): string {
  const named = [...works].filter(Boolean).slice(0, NAMED_WORKS);
  const title = what.replace(/…$/, '');
  return named.length === 0 ? title : `${title}: ${named.join(', ')}`;
}
