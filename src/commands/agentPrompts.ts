import { X509Certificate } from 'node:crypto';
import * as vscode from 'vscode';
import { scanWifi, type AgentConfig, type AgentFit } from '../core/agent/agentInstall';
import type { Board } from '../core/board/board';
import { text } from '../core/bytes';
import { isEncrypted, isLoopback } from '../core/broker/brokerProfiles';
import type { Broker } from '../core/broker/brokers';
import { LOCAL_BROKER_ID } from '../core/broker/localBroker';
import type { ViewContext } from '../views/context';

/** Which broker a board shall use, and with what; without its key. */
export interface AgentPlan {
  readonly broker: Broker;
  readonly config: AgentConfig;
}

type Wifi = NonNullable<AgentConfig['wifi']>;

const PORTS: Record<string, number> = { 'mqtt:': 1883, 'mqtts:': 8883 };

/** Asks what the agent needs to know. Undefined: called off. */
export async function askPlan(
  context: ViewContext,
  board: Board,
  fit: AgentFit,
  signal: AbortSignal,
): Promise<AgentPlan | undefined> {
  const broker = await askBroker(context, signal);
  const address = broker && (await askAddress(context, broker, fit));
  if (!address) return undefined;
  const login = await askLogin(context, broker, fit);
  if (!login) return undefined;
  const wifi = await askWifi(board, fit, signal);
  if (!wifi) return undefined;
  const { root } = broker.profile;
  return {
    broker,
    config: { name: board.name, ...(root ? { root } : {}), wifi, broker: { ...address, ...login } },
  };
}

/** A broker that boards can use, connected; the local one is started where there is none. */
async function askBroker(
  { brokers }: ViewContext,
  signal: AbortSignal,
): Promise<Broker | undefined> {
  const t = vscode.l10n.t;
  const start = t('Start a Local Broker');
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
      { title: t('Which broker shall the board use?') },
    );
    if (!picked) return undefined;
    id = picked.id || LOCAL_BROKER_ID;
    if (id === LOCAL_BROKER_ID && !brokers.local.running) await brokers.startLocal(false);
  }
  await brokers.connect(id, signal);
  return brokers.hub.get(id);
}

/** Host, port and TLS as the board sees them: this computer's address in the network, not its loopback. */
async function askAddress(
  context: ViewContext,
  broker: Broker,
  fit: AgentFit,
): Promise<Pick<AgentConfig['broker'], 'host' | 'port' | 'tls'> | undefined> {
  const { brokers } = context;
  const t = vscode.l10n.t;
  const url = new URL(broker.profile.url);
  const port = Number(url.port) || (PORTS[url.protocol] ?? 1883);
  const tls = isEncrypted(broker.profile) ? await askTls(context, broker) : undefined;
  if (tls === 'cancel') return undefined;
  const more = tls ? { port, tls } : { port };
  // A board that runs on this computer has the same loopback.
  if (!isLoopback(broker.profile) || fit.ip.startsWith('127.')) {
    return { host: url.hostname, ...more };
  }
  if (broker.profile.id === LOCAL_BROKER_ID && !openToNetwork(brokers.local)) {
    const share = t('Let Boards in the Network Use It');
    const answer = await vscode.window.showInformationMessage(
      t('The local broker is for this computer only; the board has to reach it.'),
      { modal: true, detail: t('It asks for a password, and boards act on signed orders only.') },
      share,
    );
    if (answer !== share) return undefined;
    await brokers.startLocal(true);
  }
  const hosts = brokers.local.running
    ? brokers.local.lanUrls.map((lan) => new URL(lan).hostname)
    : [];
  const [first] = hosts;
  if (first !== undefined && hosts.length === 1) return { host: first, ...more };
  const host = await vscode.window.showInputBox({
    title: t('Address of this computer, as the board sees it'),
    value: first ?? '',
    prompt: t('This computer has: {0}', hosts.join(', ')),
    ignoreFocusOut: true,
  });
  return host ? { host: host.trim(), ...more } : undefined;
}

function openToNetwork(local: ViewContext['brokers']['local']): boolean {
  return local.running && local.lanUrls.length > 0;
}

/** Boards know no authorities: they are given one, or do not check who the broker is. */
async function askTls(context: ViewContext, broker: Broker) {
  const { caFile } = broker.profile;
  if (caFile) {
    const name = broker.profile.id === LOCAL_BROKER_ID ? await localName(context) : undefined;
    return { ca: text(await readFile(caFile)), verify: true, ...(name ? { name } : {}) };
  }
  const t = vscode.l10n.t;
  const choose = t('Choose the Certificate');
  const skip = t('Do Not Check');
  const answer = await vscode.window.showWarningMessage(
    t('The board needs the certificate of the authority that has signed the broker’s.'),
    {
      modal: true,
      detail: t(
        'Without it the board cannot tell the broker from somebody who pretends to be it, and who then learns its password. Orders stay signed.',
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
 * The name in the local broker's certificate. Boards compare that: their TLS often knows no addresses in certificates
 * (Mbed TLS before 3.5, or without inet_pton), and the computer's may change.
 */
async function localName({ settings }: ViewContext): Promise<string | undefined> {
  const certificate = new X509Certificate(await readFile(settings.get('localBroker.certFile')));
  return /(?:^|, )DNS:([^\s,"]+)/.exec(certificate.subjectAltName ?? '')?.[1];
}

async function readFile(path: string): Promise<Uint8Array> {
  return vscode.workspace.fs.readFile(vscode.Uri.file(path));
}

/** User and password of the board: at the local broker everybody's, elsewhere what its rules want. */
async function askLogin(
  { brokers }: ViewContext,
  { profile }: Broker,
  fit: AgentFit,
): Promise<{ user?: string; password?: string } | undefined> {
  const t = vscode.l10n.t;
  const own = await brokers.secrets.storedPassword(profile.id);
  if (profile.id === LOCAL_BROKER_ID) return { user: profile.username, password: own };
  const user = await vscode.window.showInputBox({
    title: t('User name of the board at {0}', profile.name),
    value: profile.username ?? '',
    prompt: t('Best is one for each board: {0}. Empty where the broker wants none.', fit.uid),
    ignoreFocusOut: true,
  });
  if (user === undefined) return undefined;
  if (user.trim() === '') return {};
  const password = await vscode.window.showInputBox({
    title: t('Password of {0}', user),
    password: true,
    ignoreFocusOut: true,
    ...(user === profile.username && own ? { prompt: t('Empty: the one of this computer.') } : {}),
  });
  if (password === undefined) return undefined;
  const usual = user === profile.username ? (own ?? '') : '';
  return { user: user.trim(), password: password === '' ? usual : password };
}

/** The Wi-Fi network; none where the board has its network already and shall keep it. */
async function askWifi(
  board: Board,
  fit: AgentFit,
  signal: AbortSignal,
): Promise<Wifi | undefined> {
  const t = vscode.l10n.t;
  if (!fit.hasWifi || fit.ip.startsWith('127.')) return [];
  const keep = t('Keep the network that it has ({0})', fit.ip);
  const other = t('Another network…');
  const networks = await scanWifi(board, signal);
  const picked = await vscode.window.showQuickPick(
    [
      ...(fit.ip ? [{ label: keep, ssid: undefined }] : []),
      ...networks.map(({ ssid, rssi }) => ({ label: ssid, description: `${rssi} dBm`, ssid })),
      { label: other, ssid: '' },
    ],
    { title: t('Which Wi-Fi shall {0} use?', board.name), ignoreFocusOut: true },
  );
  if (!picked) return undefined;
  if (picked.ssid === undefined) return [];
  const ssid =
    picked.ssid ||
    (await vscode.window.showInputBox({ title: t('Name of the network'), ignoreFocusOut: true }));
  if (!ssid) return undefined;
  const open = networks.find((n) => n.ssid === ssid)?.open ?? false;
  if (open) return [{ ssid, key: '' }];
  const key = await vscode.window.showInputBox({
    title: t('Password of {0}', ssid),
    prompt: t('Kept on the board. Empty for an open network.'),
    password: true,
    ignoreFocusOut: true,
  });
  return key === undefined ? undefined : [{ ssid, key }];
}
