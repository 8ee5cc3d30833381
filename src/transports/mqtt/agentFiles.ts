import * as l10n from '@vscode/l10n';
import { deflateSync } from 'node:zlib';
import { sha256 } from '../../core/hash';
import { decodeJson, Flag, Op } from '../../core/agent';
import { inLanes } from '../../core/async';
import type {
  BoardFiles,
  Entry,
  Places,
  ReadItem,
  Space,
  Stat,
  TakeFile,
  TransferOptions,
  WalkEntry,
  WalkOptions,
  WriteItem,
} from '../../core/boardFiles';
import { asError, ProtocolError } from '../../core/errors';
import { readEach, under } from '../../core/files';
import type { AgentClient } from './agentClient';
import { Download, GET_CREDIT } from './agentDownload';
import {
  byJsonSize,
  checkedHash,
  checkedRow,
  entryName,
  relativePath,
  size,
  statOf,
  type Row,
} from './agentRows';
import { upload } from './agentUpload';

/**
 * Compression is used if the result is smaller than this share of the original, because it costs
 * memory on the board.
 */
const WORTH_IT = 0.9;
/**
 * Window size (log2) that every board with this capability supports: 1 KiB (docs/protocol.md
 * section 7).
 */
const ZLIB_WINDOW_BITS = 10;
/** Longer folder lists are rejected, so that they cannot fill the memory. */
const MAX_ENTRIES = 100_000;
/** Files transferred in parallel by readMany and writeMany, which hides the broker's latency. */
const PARALLEL = 3;

/**
 * A board's file verbs in the agent's own frames: resumable, verified on the board, renamed at the
 * end.
 */
export class AgentFiles implements BoardFiles {
  constructor(private readonly client: AgentClient) {}

  async list(path: string, signal?: AbortSignal): Promise<Entry[]> {
    const rows = await this.#pages(Op.list, { p: path, r: 0 }, signal);
    return rows.map((row) => ({ name: entryName(row[0]), ...statOf(row) }));
  }

  async stat(path: string, signal?: AbortSignal): Promise<Stat> {
    const { t, n, m } = decodeJson(
      (await this.client.json(Op.stat, { p: path }, { signal })).payload,
    );
    return statOf(['', String(t), Number(n), Number(m)]);
  }

  async walk(path: string, options: WalkOptions = {}): Promise<WalkEntry[]> {
    const op = options.hash === true ? Op.hash : Op.list;
    const rows = await this.#pages(op, { p: path, r: options.shallow ? 0 : 1 }, options.signal);
    const base = path.replace(/\/$/, '');
    return rows.map((row) => ({
      path: `${base}/${relativePath(row[0])}`,
      ...statOf(row),
      ...(typeof row[4] === 'string' ? { sha256: checkedHash(row[4]) } : {}),
    }));
  }

  async hash(paths: readonly string[], signal?: AbortSignal): Promise<(string | undefined)[]> {
    const hashes: (string | undefined)[] = [];
    // The list of paths must fit into one frame, so it is split.
    for (const part of byJsonSize(paths, this.client.mtu - 64)) {
      const rows = await this.#pages(Op.hash, { l: part }, signal);
      if (rows.length !== part.length)
        throw new ProtocolError(l10n.t('the board hashed other files than requested'));
      hashes.push(...rows.map((r) => (typeof r[4] === 'string' ? checkedHash(r[4]) : undefined)));
    }
    return hashes;
  }

  async read(path: string, options: TransferOptions = {}): Promise<Uint8Array> {
    const reader = new Download(path, options);
    const payload = Buffer.from(JSON.stringify({ p: path, o: 0, w: GET_CREDIT }));
    await this.client.request(Op.get, payload, {
      about: path,
      signal: options.signal,
      onFrame: (f, x) => reader.onFrame(f, x),
      // Until the board has answered, repeat the request; afterwards, request what is missing.
      onSilence: (x) => {
        if (reader.hasBegun) reader.onSilence(x);
        else x.post(Op.get, { payload, flags: Flag.first });
      },
    });
    return reader.content();
  }

  readMany(
    items: readonly ReadItem[],
    take: TakeFile,
    options: TransferOptions = {},
  ): Promise<void> {
    return readEach(items, (path, more) => this.read(path, more), take, options, PARALLEL);
  }

  async write(path: string, content: Uint8Array, options: TransferOptions = {}): Promise<void> {
    options.onProgress?.(0, content.length, path);
    const packed = this.#pack(content);
    const body = packed ?? content;
    const factor = body.length === 0 ? 1 : content.length / body.length;
    const head = {
      p: path,
      n: content.length,
      h: sha256(content),
      ...(packed ? { zn: packed.length } : {}),
    };
    const answer = await upload(this.client, Op.put, head, body, {
      about: path,
      signal: options.signal,
      onAcked: (acked) => options.onProgress?.(Math.round(acked * factor), content.length, path),
    });
    if (decodeJson(answer.payload).same === 1) options.onSame?.(path);
    options.onProgress?.(content.length, content.length, path);
  }

  async writeMany(items: readonly WriteItem[], options: TransferOptions = {}): Promise<void> {
    let failure: Error | undefined;
    const stop = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
    await inLanes(items, PARALLEL, async (item) => {
      if (stop.signal.aborted) return;
      try {
        const content = item.content instanceof Uint8Array ? item.content : await item.content();
        await this.write(item.path, content, { ...options, signal });
      } catch (error) {
        failure ??= asError(error);
        stop.abort();
      }
    });
    if (failure) throw failure;
  }

  async mkdir(
    path: string,
    options: { parents?: boolean; signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.client.json(Op.mkdir, { p: path, par: options.parents ? 1 : 0 }, options);
  }

  async remove(
    path: string,
    options: { recursive?: boolean; signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.client.json(Op.rm, { p: path, r: options.recursive ? 1 : 0 }, options);
  }

  rename(
    from: string,
    to: string,
    options: { overwrite?: boolean; signal?: AbortSignal } = {},
  ): Promise<void> {
    return this.#move(from, to, 0, options);
  }

  copy(
    from: string,
    to: string,
    options: { overwrite?: boolean; signal?: AbortSignal } = {},
  ): Promise<void> {
    return this.#move(from, to, 1, options);
  }

  async space(path: string, signal?: AbortSignal): Promise<Space> {
    const { n, f } = decodeJson(
      (await this.client.json(Op.statfs, { p: path }, { signal })).payload,
    );
    return { total: size(n), free: size(f) };
  }

  /**
   * Returns the places that the board reported at the start of the session. Running code to find
   * them would stop the board's program.
   */
  places(): Promise<Places> {
    const home = this.client.facts?.home ?? '/';
    return Promise.resolve({ home, lib: under(home, '/lib') });
  }

  async #move(
    from: string,
    to: string,
    cp: 0 | 1,
    options: { overwrite?: boolean; signal?: AbortSignal },
  ): Promise<void> {
    await this.client.json(Op.mv, { p: from, to, o: options.overwrite ? 1 : 0, cp }, options);
  }

  #pack(content: Uint8Array): Buffer | undefined {
    if (content.length === 0 || !this.client.facts?.caps.has('zlib')) return undefined;
    const packed = deflateSync(content, { level: 9, windowBits: ZLIB_WINDOW_BITS });
    return packed.length < content.length * WORTH_IT ? packed : undefined;
  }

  async #pages(
    op: typeof Op.list | typeof Op.hash,
    query: object,
    signal?: AbortSignal,
  ): Promise<Row[]> {
    const rows: Row[] = [];
    let cursor: unknown;
    do {
      const page = cursor === undefined ? query : { ...query, c: cursor };
      const { l, c } = decodeJson((await this.client.json(op, page, { signal })).payload);
      if (!Array.isArray(l) || rows.length + l.length > MAX_ENTRIES) {
        throw new ProtocolError(l10n.t('the board sent a list that cannot be read'));
      }
      if (c !== undefined && l.length === 0)
        throw new ProtocolError(l10n.t('the board sent an empty page'));
      rows.push(...l.map((row: unknown) => checkedRow(row)));
      cursor = c;
    } while (cursor !== undefined);
    return rows;
  }
}
