import { latin1At, wholeNumberAt, wordAt } from '../../arguments.ts';
import { boundNamespaces, isVisibleName } from '../../bound-namespaces.ts';
import type { TrackingChange } from '../../services.ts';
import type { Call, CommandSpec } from '../../spec.ts';
import { subcommand } from '../../subcommand.ts';

const shape = { group: 'connection', flags: ['noscript', 'loading', 'stale'], categories: ['connection'] } as const;

export const clientTracking: CommandSpec = subcommand(
  'client|tracking',
  '6.0.0',
  -3,
  'Controls server-assisted client-side caching for the connection.',
  (call) => {
    const problem = turn(call);
    if (problem === undefined) call.reply.ok();
    else call.reply.error(problem);
  },
  { ...shape, complexity: 'O(1). Some options may introduce additional complexity.' },
);

function turn(call: Call): string | undefined {
  const { client, node } = call;
  const { tracking } = node.server;
  const options = readOptions(call);
  if (typeof options === 'string') return options;
  const word = wordAt(call, 2);
  if (word === 'off') {
    tracking.disable(client);
    return undefined;
  }
  if (word !== 'on') return 'ERR syntax error';
  const problem = conflict(call, options);
  if (problem === undefined) tracking.enable(client, options);
  return problem;
}

function readOptions(call: Call): TrackingChange | string {
  let redirect = 0;
  const prefixes: string[] = [];
  const flags = { bcast: false, optin: false, optout: false, noloop: false };
  for (let i = 3; i < call.argc; i++) {
    const word = wordAt(call, i);
    const more = i + 1 < call.argc;
    if (word === 'redirect' && more) {
      if (redirect !== 0) return 'ERR A client can only redirect to a single other client';
      const id = wholeNumberAt(call, ++i);
      if (id === undefined || id < 0) return 'ERR Invalid client ID';
      if (!mayRedirectTo(call, id)) return 'ERR The client ID you want redirect to does not exist';
      redirect = id;
    } else if (word === 'prefix' && more) {
      prefixes.push(latin1At(call, ++i));
    } else if (word === 'bcast' || word === 'optin' || word === 'optout' || word === 'noloop') {
      flags[word] = true;
    } else {
      return 'ERR syntax error';
    }
  }
  return { redirect, prefixes, ...flags };
}

/** Connections of others are none of the client's business, nor whether they exist; an administrator sees them anyway. */
function mayRedirectTo({ client, node }: Call, id: number): boolean {
  const { access, clients } = node.server;
  const target = clients.find(id);
  return target !== undefined && (target.user === client.user || access.isAdmin(client.user));
}

/** What does not go together, with itself or with how tracking is on already. */
function conflict(call: Call, wanted: TrackingChange): string | undefined {
  const { client } = call;
  const { bcast, optin, optout, prefixes } = wanted;
  const now = client.tracking;
  if (!bcast && prefixes.length > 0) return 'ERR PREFIX option requires BCAST mode to be enabled';
  if (now !== undefined && now.bcast !== bcast) return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.";
  if (bcast && (optin || optout)) return 'ERR OPTIN and OPTOUT are not compatible with BCAST';
  if (optin && optout) return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  if (now !== undefined && ((optin && now.optout) || (optout && now.optin))) return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.";
  if (bcast && !prefixesVisible(call, prefixes)) return 'NOPERM this user may ask for prefixes of its own namespaces only';
  return bcast ? overlap(prefixes, [...(now?.prefixes ?? [])]) : undefined;
}

/** No prefix stands for every key. */
function prefixesVisible(call: Call, prefixes: readonly string[]): boolean {
  const bound = boundNamespaces(call, 'read');
  return bound === undefined || (prefixes.length > 0 && prefixes.every((prefix) => isVisibleName(bound, prefix)));
}

function overlap(wanted: readonly string[], present: readonly string[]): string | undefined {
  for (const [i, prefix] of wanted.entries()) {
    const old = present.find((other) => other !== prefix && (other.startsWith(prefix) || prefix.startsWith(other)));
    if (old !== undefined) return `ERR Prefix '${prefix}' overlaps with an existing prefix '${old}'. Prefixes for a single client must not overlap.`;
    const own = wanted.slice(i + 1).find((other) => other.startsWith(prefix) || prefix.startsWith(other));
    if (own !== undefined) return `ERR Prefix '${prefix}' overlaps with another provided prefix '${own}'. Prefixes for a single client must not overlap.`;
  }
  return undefined;
}

export const clientCaching: CommandSpec = subcommand(
  'client|caching',
  '6.0.0',
  3,
  'Instructs the server whether to track the keys in the next command.',
  (call) => {
    const { tracking } = call.client;
    const word = wordAt(call, 2);
    if (tracking === undefined) return call.reply.error('ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled');
    if (word === 'yes') {
      if (!tracking.optin) return call.reply.error('ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.');
    } else if (word === 'no') {
      if (!tracking.optout) return call.reply.error('ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.');
    } else {
      return call.reply.error('ERR syntax error');
    }
    tracking.caching = word === 'yes';
    call.reply.ok();
  },
  shape,
);

export const clientGetredir: CommandSpec = subcommand('client|getredir', '6.0.0', 2, 'Returns the client ID to which the invalidations of the connection go.', ({ client, reply }) => reply.integer(client.tracking === undefined ? -1 : client.tracking.redirect), shape);

export const clientTrackinginfo: CommandSpec = subcommand(
  'client|trackinginfo',
  '6.2.0',
  2,
  'Returns information about server-assisted client-side caching for the connection.',
  ({ client, reply }) => {
    const { tracking } = client;
    const flags = tracking === undefined ? ['off'] : ['on'];
    if (tracking?.bcast === true) flags.push('bcast');
    if (tracking?.optin === true) flags.push('optin');
    if (tracking?.optin === true && tracking.caching === true) flags.push('caching-yes');
    if (tracking?.optout === true) flags.push('optout');
    if (tracking?.optout === true && tracking.caching === false) flags.push('caching-no');
    if (tracking?.noloop === true) flags.push('noloop');
    if (tracking?.broken === true) flags.push('broken_redirect');
    reply.map(3);
    reply.bulkLatin1('flags');
    reply.set(flags.length);
    for (const flag of flags) reply.bulkLatin1(flag);
    reply.bulkLatin1('redirect');
    reply.integer(tracking === undefined ? -1 : tracking.redirect);
    reply.bulkLatin1('prefixes');
    const prefixes = [...(tracking?.prefixes ?? [])];
    reply.array(prefixes.length);
    for (const prefix of prefixes) reply.bulkLatin1(prefix);
  },
  shape,
);
