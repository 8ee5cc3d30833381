import * as vscode from 'vscode';
import { type BoardKey, newBoardKey } from '../../core/agent';
import type { Board } from '../../core/board';
import { boardLogin } from '../../core/broker/boardLogin';
import type { Broker, BrokerProfile, BrokerSecrets } from '../../core/broker/broker';
import { LOCAL_BROKER_ID } from '../../core/broker/localBroker';
import { asError, ProgramRunningError, UsageError } from '../../core/errors';
import { DisposableStore, Emitter, type Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import { BoardLine } from '../../core/share/boardLine';
import { sharedFacts } from '../../core/share/sharedFacts';
import type { SharedFacts } from '../../core/share/sharedLine';
import type { Share, StartShare } from '../../core/share/sharing';
import type { Transport } from '../../core/transport';
import type { BrokerSecretStore } from '../broker';

/** A board that this window shares. */
interface Shared {
  readonly broker: Broker;
  readonly share: Share;
}

/** The boards that this window shares with colleagues, until they are stopped or the window is closed. */
export class Shares implements Disposable {
  readonly #shared = new Map<Board, Shared>();
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<Board>());
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly services: {
      readonly secrets: BrokerSecretStore;
      readonly startShare: StartShare;
      readonly log: Log;
      /** The sharing of a board has ended because its link has ended. */
      readonly onUnplugged: (board: Board) => void;
    },
  ) {}

  /** Returns the broker at which colleagues find the board; undefined: it is not shared. */
  brokerOf(board: Board): Broker | undefined {
    return this.#shared.get(board)?.broker;
  }

  /**
   * Shares a board over its cable, which is connected first.
   * @throws UsageError, ConnectError
   */
  async share(board: Board, broker: Broker, signal: AbortSignal): Promise<void> {
    const transport = await cableOf(board, signal);
    const facts = await factsOf(board, signal);
    requireFree(broker, facts.uid, board.name);
    const key = await this.#adminKey(board.name, facts.uid);
    const line = new BoardLine(board, transport);
    const login = await this.#login(broker.profile, facts.uid);
    const { log, startShare } = this.services;
    const options = { ...login, adminKey: key.key, facts, line, log };
    const share = await startShare(options, signal).catch((error: unknown) => {
      line.dispose();
      throw error;
    });
    this.#shared.set(board, { broker, share });
    share.onDidEnd((end) => {
      line.dispose();
      this.#shared.delete(board);
      this.#changed.fire(board);
      if (end === 'unplugged') this.services.onUnplugged(board);
    });
    this.#changed.fire(board);
  }

  /** Stops sharing a board; colleagues see that it was stopped. */
  async stop(board: Board): Promise<void> {
    await this.#shared.get(board)?.share.stop();
  }

  dispose(): void {
    for (const { share } of this.#shared.values()) {
      share.stop().catch((error: unknown) => this.services.log.warn(asError(error).message));
    }
    this.#store.dispose();
  }

  /** Returns the admin key of the board, which is created when it is first shared. */
  async #adminKey(name: string, uid: string): Promise<BoardKey> {
    const { secrets } = this.services;
    const known = await secrets.boardKey(uid);
    if (known?.role === 'admin') return known;
    if (known) {
      throw new UsageError(vscode.l10n.t('This computer has no admin key for {0}', name), {
        hint: vscode.l10n.t('The board has an owner. Ask them to share it.'),
      });
    }
    const key: BoardKey = { role: 'admin', key: newBoardKey() };
    await secrets.setBoardKey(uid, key);
    return key;
  }

  /** The local broker requires a board to announce itself with its own login. */
  async #login(
    profile: BrokerProfile,
    uid: string,
  ): Promise<{ profile: BrokerProfile; secrets: Pick<BrokerSecrets, 'password'> }> {
    const { secrets } = this.services;
    if (profile.id !== LOCAL_BROKER_ID) return { profile, secrets };
    const { username, password } = boardLogin(await secrets.localSecret(), uid);
    return {
      profile: { ...profile, username },
      secrets: { password: () => Promise.resolve(password) },
    };
  }
}

/** Opens the board's link without a broker. @throws UsageError if it has none, ConnectError */
async function cableOf(board: Board, signal: AbortSignal): Promise<Transport> {
  const kinds = board.links.filter((l) => l.present).map((l) => l.found.address.kind);
  const kind = kinds.find((k) => k !== 'mqtt' && k !== 'mqboard');
  if (kind) await board.connect({ signal, kind });
  if (kind && board.transport) return board.transport;
  throw new UsageError(vscode.l10n.t('Only a board on a cable can be shared'), {
    hint: vscode.l10n.t('Connect it by cable first.'),
  });
}

async function factsOf(board: Board, signal: AbortSignal): Promise<SharedFacts> {
  try {
    const info = await board.refreshInfo({ signal, ask: false });
    const { home } = await board.quietFiles.places(signal);
    return sharedFacts(info, board.name, home);
  } catch (error) {
    // A running program must not be stopped for sharing. The board's earlier description is enough.
    if (!(error instanceof ProgramRunningError)) throw error;
    return sharedFacts({ ...board.info, uid: board.uid }, board.name, '/');
  }
}

/**
 * Checks that the board is not already at the broker.
 * @throws UsageError if the board is already at the broker through its own agent
 */
function requireFree(broker: Broker, uid: string, name: string): void {
  const there = broker.presences.get(uid);
  if (!there?.on || there.caps.has('cable')) return;
  throw new UsageError(
    vscode.l10n.t('{0} is already connected to {1}', name, broker.profile.name),
    {
      hint: vscode.l10n.t('Its agent is connected. Give colleagues a key of the board instead.'),
    },
  );
}
