import { X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import * as vscode from 'vscode';
import {
  type AgentConfig,
  type AgentFit,
  isOnThisComputer,
  takesWifi,
  type WifiNetwork,
} from '../../core/agent';
import type { Board } from '../../core/board';
import { text } from '../../core/bytes';
import { isEncrypted, isLoopback } from '../../core/broker/brokerProfiles';
import type { Broker } from '../../core/broker/broker';
import { boardLogin } from '../../core/broker/boardLogin';
import { LOCAL_BROKER_ID, nameOnNetwork } from '../../core/broker/localBroker';
import type { Needs } from '../../views/context';
import { connectedBroker } from '../broker';
import { isOpenToNetwork } from './openToNetwork';
import { showInputBox, showWarningMessage } from '../../views/message';

/** The user's answers for all boards: the broker, and how each board logs in. Keys are not part of it. */
export interface AgentPlan {
  readonly broker: Broker;
  /** Returns the configuration for one board. */
  configOf(board: Board, fit: AgentFit): AgentConfig;
}

type Wifi = NonNullable<AgentConfig['wifi']>;
type Fits = ReadonlyMap<Board, AgentFit>;
type Address = Pick<AgentConfig['broker'], 'host' | 'otherHost' | 'port' | 'tls'>;
/** The broker's address if a template gives it, so that the user is not asked. */
interface GivenAddress {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly tls?: Address['tls'] | undefined;
}
type Login = Pick<AgentConfig['broker'], 'user' | 'password'>;

const PORTS: Record<string, number> = { 'mqtt:': 1883, 'mqtts:': 8883 };

/** Asks for everything that the agent needs, once for all boards. Undefined: cancelled. */
export async function askPlan(
  context: Needs<'settings' | 'brokers' | 'fleet'>,
  fits: Fits,
  scan: (board: Board) => Promise<WifiNetwork[]>,
  signal: AbortSignal,
): Promise<AgentPlan | undefined> {
  const all = [...fits.values()];
  const asked = await askBroker(context, [...fits.keys()], signal);
  const addressOf = asked && (await askAddress(context, asked, all));
  if (!addressOf) return undefined;
  // Opening the local broker to the network replaces it, and boards announce themselves at the new one.
  const broker = await connectedBroker(context, asked.profile.id, signal);
  const loginOf = await askLogin(context, broker, all);
  if (!loginOf) return undefined;
  const wifi = await askWifi(fits, scan);
  if (!wifi) return undefined;
  const { root } = broker.profile;
  return {
    broker,
    configOf: (board, fit) => ({
      name: board.name,
      isNameGuess: !context.fleet.isNamed(board),
      ...(root ? { root } : {}),
      wifi: takesWifi(fit) ? wifi : [],
      broker: { ...addressOf(fit), ...loginOf(fit) },
    }),
  };
}

/**
 * Returns a connected broker that boards can use. Starts the local broker if there is none.
 * @param boards empty: a board that has no name yet
 */
export async function askBroker(
  context: Needs<'brokers'>,
  boards: readonly { readonly name: string }[],
  signal: AbortSignal,
): Promise<Broker | undefined> {
  const { brokers } = context;
  const start = vscode.l10n.t('Start a Local Broker');
  const usable = brokers.hub.all.filter((b) => /^mqtts?:/.test(b.profile.url));
  const [only] = usable;
  let id = only && usable.length === 1 && only.state.tag === 'online' ? only.profile.id : undefined;
  if (id === undefined) {
    const picked = await vscode.window.showQuickPick(
      [
        ...usable.map(({ profile }) => ({
          ...{ label: profile.name, description: profile.url, id: profile.id },
        })),
        ...(brokers.hub.get(LOCAL_BROKER_ID) ? [] : [{ label: start, description: '', id: '' }]),
      ],
      { title: brokerTitle(boards) },
    );
    if (!picked) return undefined;
    id = picked.id || LOCAL_BROKER_ID;
  }
  return connectedBroker(context, id, signal);
}

function brokerTitle(boards: readonly { readonly name: string }[]): string {
  const [first, second] = boards;
  if (!first) return vscode.l10n.t('Which broker should the board use?');
  return second
    ? vscode.l10n.t('Which broker should the {0} boards use?', boards.length)
    : vscode.l10n.t('Which broker should {0} use?', first.name);
}

/** Returns host, port and TLS as the board sees them, with this computer's network address. */
export async function askAddress(
  context: Needs<'settings' | 'brokers'>,
  broker: Broker,
  fits: readonly AgentFit[],
  given: GivenAddress = {},
): Promise<((fit: AgentFit) => Address) | undefined> {
  const { profile } = broker;
  const atBoards = { url: profile.boardUrl ?? profile.url };
  const url = new URL(atBoards.url);
  const port = given.port ?? (Number(url.port) || (PORTS[url.protocol] ?? 1883));
  const tls = given.tls ?? (isEncrypted(atBoards) ? await askTls(context, broker) : undefined);
  if (tls === 'cancel') return undefined;
  const more = tls ? { port, tls } : { port };
  const same = { host: given.host ?? url.hostname, ...more };
  if (given.host !== undefined) return () => same;
  if (!isLoopback(atBoards) || fits.every(isOnThisComputer)) return () => same;
  const address = await askOwnAddress(context, broker);
  if (address === undefined) return undefined;
  // A router may give the computer another address tomorrow. Boards then find it by its name.
  const name = nameOnNetwork(hostname());
  const own = { host: address, ...(name && name !== address && { otherHost: name }), ...more };
  return (fit) => (isOnThisComputer(fit) ? same : own);
}

/** Returns this computer's address in the network of the boards. */
async function askOwnAddress(
  { brokers }: Needs<'brokers'>,
  broker: Broker,
): Promise<string | undefined> {
  if (!(await isOpenToNetwork({ brokers }, broker))) return undefined;
  const hosts = brokers.local.running
    ? brokers.local.lanUrls.map((lan) => new URL(lan).hostname)
    : [];
  const [first] = hosts;
  if (first !== undefined && hosts.length === 1) return first;
  const host = await showInputBox({
    title: vscode.l10n.t('Address of this computer as seen from the board'),
    value: first ?? '',
    prompt: vscode.l10n.t("This computer's addresses: {0}", hosts.join(', ')),
  });
  return host === undefined || host.trim() === '' ? undefined : host.trim();
}

/**
 * Asks how boards verify the broker. They have no list of certificate authorities: they get one
 * certificate, or do not verify.
 */
async function askTls(context: Needs<'settings'>, broker: Broker) {
  const { caFile } = broker.profile;
  if (caFile) {
    const name = broker.profile.id === LOCAL_BROKER_ID ? await localName(context) : undefined;
    return { ca: text(await readFile(caFile)), verify: true, ...(name ? { name } : {}) };
  }
  const choose = vscode.l10n.t('Choose the Certificate');
  const skip = vscode.l10n.t('Do Not Check');
  const answer = await showWarningMessage(
    vscode.l10n.t('The board needs the certificate of the authority that signed the broker’s.'),
    {
      modal: true,
      detail: vscode.l10n.t(
        'Without it, the board cannot detect an impostor broker, which would learn its password. Commands stay signed.',
      ),
    },
    choose,
    skip,
  );
  if (answer === skip) return { verify: false };
  if (answer !== choose) return 'cancel';
  const files = await vscode.window.showOpenDialog({ filters: { PEM: ['pem', 'crt', 'cer'] } });
  if (!files?.[0]) return 'cancel';
  return { ca: text(await vscode.workspace.fs.readFile(files[0])), verify: true };
}

/**
 * Returns the name in the local broker's certificate. Boards compare it because their TLS often
 * cannot match addresses (Mbed TLS before 3.5), and this computer's address may change.
 */
async function localName({ settings }: Needs<'settings'>): Promise<string | undefined> {
  const certificate = new X509Certificate(await readFile(settings.get('localBroker.certFile')));
  return /(?:^|, )DNS:([^\s,"]+)/.exec(certificate.subjectAltName ?? '')?.[1];
}

async function readFile(path: string): Promise<Uint8Array> {
  return vscode.workspace.fs.readFile(vscode.Uri.file(path));
}

/** Returns a board's login: at the local broker one derived from the broker's secret, elsewhere the login that its rules require. */
export async function askLogin(
  { brokers }: Needs<'brokers'>,
  { profile }: Broker,
  fits: readonly AgentFit[],
): Promise<((fit: AgentFit) => Login) | undefined> {
  if (profile.id === LOCAL_BROKER_ID) {
    const secret = await brokers.secrets.localSecret();
    return ({ uid }) => {
      const { username, password } = boardLogin(secret, uid);
      return { user: username, password };
    };
  }
  const own = await brokers.secrets.storedPassword(profile);
  const [first] = fits;
  const many = fits.length > 1;
  const answer = await showInputBox({
    title: many
      ? vscode.l10n.t('User name of the boards at {0}', profile.name)
      : vscode.l10n.t('User name of the board at {0}', profile.name),
    value: profile.username ?? '',
    prompt: many
      ? vscode.l10n.t(
          "Preferably one per board: $uid is replaced by the board's id. Leave it empty if the broker needs none.",
        )
      : vscode.l10n.t(
          'Preferably one per board: {0}. Leave it empty if the broker needs none.',
          first?.uid ?? '',
        ),
  });
  const user = answer?.trim();
  if (user === undefined) return undefined;
  if (user === '') return () => ({});
  const password = await showInputBox({
    title: vscode.l10n.t('Password of {0}', user),
    password: true,
    ...(user === profile.username && own
      ? { prompt: vscode.l10n.t('Empty: the password that this computer uses.') }
      : {}),
  });
  if (password === undefined) return undefined;
  const usual = user === profile.username ? (own ?? '') : '';
  return ({ uid }) => ({
    user: user.replaceAll('$uid', uid),
    password: password === '' ? usual : password,
  });
}

/** Asks for the Wi-Fi network. Undefined if the boards keep the network that they have. */
export async function askWifi(
  fits: Fits,
  scan: (board: Board) => Promise<WifiNetwork[]>,
): Promise<Wifi | undefined> {
  const takers = [...fits].filter(([, fit]) => takesWifi(fit));
  const [first, second] = takers;
  if (!first) return [];
  const [board, { ip }] = first;
  const keep = second
    ? vscode.l10n.t('Keep Their Current Networks')
    : vscode.l10n.t('Keep the Current Network ({0})', ip);
  const other = vscode.l10n.t('Another network…');
  const networks = await scan(board);
  const picked = await vscode.window.showQuickPick(
    [
      ...(takers.every(([, fit]) => fit.ip) ? [{ label: keep, ssid: undefined }] : []),
      ...networks.map(({ ssid, rssi }) => ({ label: ssid, description: `${rssi} dBm`, ssid })),
      { label: other, ssid: '' },
    ],
    {
      title: second
        ? vscode.l10n.t('Which Wi-Fi network should the {0} boards use?', takers.length)
        : vscode.l10n.t('Which Wi-Fi network should {0} use?', board.name),
      ignoreFocusOut: true,
    },
  );
  if (!picked) return undefined;
  if (picked.ssid === undefined) return [];
  const ssid = picked.ssid || (await showInputBox({ title: vscode.l10n.t('Name of the network') }));
  if (!ssid) return undefined;
  const open = networks.find((n) => n.ssid === ssid)?.open ?? false;
  if (open) return [{ ssid, key: '' }];
  const key = await showInputBox({
    title: vscode.l10n.t('Password of {0}', ssid),
    prompt: vscode.l10n.t('Stored on the board. Leave it empty for an open network.'),
    password: true,
  });
  return key === undefined ? undefined : [{ ssid, key }];
}
