/**
 * Who may use which topic (docs/protocol.md, section 1): one table for the embedded broker and for
 * the rules that `mpyfleet broker rules` prints for other brokers. `U` stands for the board's
 * unique id, `C` for the client id of a computer, `+` for one topic level.
 */
const BOARD_WRITES = [
  ...(['U/st', 'U/r/+', 'U/log', 'U/tm', 'U/ev', 'U/msg', 'U/cfgr', 'U/wd'] as const),
  'U/out/+',
] as const;
const BOARD_READS = ['U/c/+', 'U/cfg', 'U/wd', 'U/in/+', 'all/c/+', 'g/+/c/+', 'all/in/+'] as const;
/** Topics on which a board may publish retained messages. */
const BOARD_KEEPS = ['U/st', 'U/cfgr'] as const;
const COMPUTER_WRITES = ['+/c/+', '+/cfg', '+/in/+', 'g/+/c/+'] as const;
const COMPUTER_READS = ['+/st', '+/log', '+/tm', '+/ev', '+/msg', '+/cfgr', '+/out/+'] as const;
/** Answers to one computer: the last level is its cid, which is also its client id. */
const OWN_READS = ['+/r/C'] as const;

/**
 * Returns whether the board `uid` may publish to `topic`; with `retain`, only topics that the protocol
 * retains.
 */
export function boardMayPublish(
  root: string,
  uid: string,
  topic: string,
  retain: boolean,
): boolean {
  return matchesOne(retain ? BOARD_KEEPS : BOARD_WRITES, root, uid, topic);
}

/**
 * Returns whether the board `uid` may subscribe to `filter`: it must lie within one of the board's own
 * rules.
 */
export function boardMaySubscribe(root: string, uid: string, filter: string): boolean {
  return !filter.includes('#') && matchesOne(BOARD_READS, root, uid, filter);
}

function matchesOne(rules: readonly string[], root: string, uid: string, topic: string): boolean {
  if (!topic.startsWith(`${root}/`)) return false;
  const parts = topic.slice(root.length + 1).split('/');
  // This runs for every message of a board, so topics of other boards are rejected first.
  return rules.some((rule) => {
    if (rule.startsWith('U') && parts[0] !== uid) return false;
    const wanted = rule.split('/');
    return (
      wanted.length === parts.length &&
      wanted.every((part, i) =>
        part === '+' ? parts[i] !== '' : (part === 'U' ? uid : part) === parts[i],
      )
    );
  });
}

/**
 * Returns an ACL file for mosquitto, for boards that log in with their unique id.
 * @param user the computers' user name
 * @param root the first part of all topics
 */
export function mosquittoRules(user: string, root = 'mpy'): string {
  const lines = (kind: string, topics: readonly string[]) =>
    topics.map((topic) => `${kind} ${root}/${named(topic)}`);
  const own = BOARD_WRITES.filter((topic) => !isIn(BOARD_READS, topic));
  const both = BOARD_WRITES.filter((topic) => isIn(BOARD_READS, topic));
  const reads = BOARD_READS.filter((topic) => !isIn(BOARD_WRITES, topic));
  return [
    '# the computers',
    `user ${user}`,
    ...lines('topic write', COMPUTER_WRITES),
    ...lines('topic read', COMPUTER_READS),
    '',
    '# each computer: the answers to itself',
    ...lines('pattern read', OWN_READS),
    '',
    '# the boards: each logs in with its unique id as the user name',
    ...lines('pattern write', own),
    ...lines('pattern readwrite', both),
    ...lines('pattern read', reads),
    '',
  ].join('\n');
}

/**
 * Access rules for ejabberd's `mod_mqtt`, for boards that log in with their unique id. ejabberd
 * allows whatever any matching line allows, regardless of order, and requires topics in double
 * quotes.
 */
export function ejabberdRules(user: string, root = 'mpy'): string {
  const lines = (topics: readonly string[], who: string) =>
    topics.map((topic) => `      "${root}/${named(topic)}": [{allow: ${who}}]`);
  return [
    'acl:',
    '  computers:',
    `    user: [${user}]`,
    // People have accounts of their own, which `broker account person` creates. No unique id looks
    // like such a name.
    `    user_regexp: "^${user.replace(/[.@]/g, '[$&]')}-"`,
    'modules:',
    '  mod_mqtt:',
    '    access_publish:',
    ...lines(COMPUTER_WRITES, 'computers'),
    ...lines(BOARD_WRITES, 'all'),
    '    access_subscribe:',
    ...lines(COMPUTER_READS, 'computers'),
    ...lines(OWN_READS, 'computers'),
    ...lines(BOARD_READS, 'all'),
    '',
  ].join('\n');
}

/** Topics of one account, as full filters: what it may publish, and what it may subscribe to. */
export interface AccountTopics {
  readonly writes: readonly string[];
  readonly reads: readonly string[];
}

/** Returns the topics of the board `uid` at a broker without patterns in its rules. */
export function boardTopics(uid: string, root = 'mpy'): AccountTopics {
  const own = (topics: readonly string[]) => topics.map((t) => `${root}/${t.replace('U', uid)}`);
  return { writes: own(BOARD_WRITES), reads: own(BOARD_READS) };
}

/**
 * Returns the topics of a computer at a broker whose rules know no client ids: it may read all answers, which are
 * signed.
 */
export function computerTopics(root = 'mpy'): AccountTopics {
  const all = (topics: readonly string[]) => topics.map((t) => `${root}/${t.replace('C', '+')}`);
  return { writes: all(COMPUTER_WRITES), reads: all([...COMPUTER_READS, ...OWN_READS]) };
}

function isIn(list: readonly string[], topic: string): boolean {
  return list.includes(topic);
}

/** Returns the topic with each broker's placeholder for the user name and the client id. */
function named(topic: string): string {
  return topic.replace('U', '%u').replace('C', '%c');
}
