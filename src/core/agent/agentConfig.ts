/** Contents of config.json (board/agent/README.md). Contains secrets. */
export interface AgentConfig {
  readonly name: string;
  /** The name is a suggestion: a name that the board has already stays. */
  readonly isNameGuess?: boolean;
  readonly tags?: readonly string[];
  readonly root?: string;
  readonly wifi?: readonly { readonly ssid: string; readonly key: string }[];
  readonly broker: {
    readonly host: string;
    /** Another name of the same broker, for when `host` cannot be reached: an address may change. */
    readonly otherHost?: string;
    readonly port: number;
    readonly user?: string;
    readonly password?: string;
    /**
     * The authority's certificate (PEM), if the broker uses TLS; not needed with `verify: false`.
     * `name`: the name that the certificate must contain instead of the host.
     */
    readonly tls?: { readonly ca?: string; readonly verify: boolean; readonly name?: string };
  };
  /** Seconds after power-on in which a board without a network opens its own access point; undefined: never. */
  readonly accessPoint?: number;
  /** The key that signs commands; undefined: open mode, in which anyone at the broker may send them. */
  readonly adminKey?: Uint8Array;
}

/** Paths of the agent's files. The board reads `config` at start; it contains secrets. */
export interface AgentPlaces {
  readonly main: string;
  readonly folder: string;
  readonly config: string;
  readonly ca: string;
}

/** Returns config.json of a new board in the format that the agent reads. */
export function configJson(config: AgentConfig, at: Pick<AgentPlaces, 'main' | 'ca'>): string {
  return JSON.stringify(agentSettings(config, at));
}

/** Returns the settings in config.json that a configuration names. */
export function agentSettings(
  config: AgentConfig,
  at: Pick<AgentPlaces, 'main' | 'ca'>,
): Readonly<Record<string, unknown>> {
  const { broker, adminKey } = config;
  const { tls } = broker;
  const access = {
    port: broker.port,
    ...(broker.user ? { user: broker.user } : {}),
    ...(broker.password ? { password: broker.password } : {}),
    ...(tls
      ? {
          ssl: tls.verify
            ? { ca: at.ca, ...(tls.name ? { name: tls.name } : {}) }
            : { verify: false },
        }
      : {}),
  };
  return {
    name: config.name,
    ...(config.tags?.length ? { tags: config.tags } : {}),
    ...(config.root && config.root !== 'mpy' ? { root: config.root } : {}),
    ...(config.wifi?.length ? { wifi: config.wifi } : {}),
    broker: {
      host: broker.host,
      ...access,
      ...(broker.otherHost ? { other: { host: broker.otherHost, ...access } } : {}),
    },
    ...(adminKey
      ? { mode: 'signed', keys: { admin: Buffer.from(adminKey).toString('hex') } }
      : { mode: 'open' }),
    ...(config.accessPoint ? { ap: config.accessPoint } : {}),
    app: at.main,
  };
}
