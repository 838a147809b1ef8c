import { slotOfKey } from '../../shared/slots/crc16.ts';
import type { Copies } from '../commands/copies.ts';
import { redisErrorLine } from '../../shared/errors/meridian-error.ts';
import { keyTooLargeLine } from '../commands/key-access.ts';
import { maxKeyBytes } from '../engine/entry-layout.ts';
import { keyPositions } from '../commands/key-extraction.ts';
import type { NodeContext } from '../commands/node-context.ts';
import type { Command } from '../commands/registry.ts';
import type { Call } from '../commands/spec.ts';
import type { ClientSession, QueuedCommand, TrackingState, TransactionState } from './client-session.ts';
import type { ReplyWriter } from './reply-writer.ts';
import { redirection, toPrimary } from './routing.ts';

/** Commands that leave a transaction or run inside it instead of being queued. */
const notQueued: ReadonlySet<string> = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset']);
/** What a RESP2 client with subscriptions may send. */
const allowedWhileSubscribed: ReadonlySet<string> = new Set(['subscribe', 'unsubscribe', 'psubscribe', 'punsubscribe', 'ssubscribe', 'sunsubscribe', 'ping', 'quit', 'reset']);
/** What a queued command takes beside its arguments: about two small arrays and an object. */
const queuedCommandBytes = 400;
const noArguments = new Int32Array(0);

/** The one Call object of a node. */
export function createCall(node: NodeContext, reply: ReplyWriter, client: ClientSession): Call {
  return { bytes: Buffer.alloc(0), argc: 0, start: noArguments, length: noArguments, keyHash: 0, keySlot: -1, nowMs: 0, reply, client, node };
}

/** Runs the command that `call` holds, with every check before it; writes exactly one reply, or none for a silent client. Returns what ran. */
export function execute(found: Command | undefined, call: Call): Command | undefined {
  const { reply, client } = call;
  const begin = reply.position;
  const errorsBefore = reply.errorCount;
  let command = found;
  if (command?.subcommands !== undefined && call.argc > 1) command = command.subcommands.find(call.bytes, call.start[1], call.length[1]) ?? (command.run === undefined ? undefined : command);
  if (command === undefined || call.argc !== command.arity) {
    const sentence = shapeError(found, command, call);
    if (sentence !== undefined) {
      reject(call, command, sentence, begin);
      return undefined;
    }
  }
  const known = command as Command;
  const refusal = refusalOf(known, call);
  if (refusal !== undefined) {
    reject(call, known, refusal, begin);
    return undefined;
  }
  client.lastCommand = known.name;
  if (client.transaction !== undefined && !notQueued.has(known.name)) {
    queue(known, call);
  } else {
    invoke(known, call);
    const { tenants } = call.node;
    if (tenants !== undefined && tenants.attentive) tenants.answered(known, call, reply.position - begin);
    if (reply.errorCount !== errorsBefore) {
      known.counters.failed++;
      countErrors(call, errorsBefore);
    }
  }
  if (client.replyMode !== 'on') silence(client, reply, begin, known);
  return known;
}

/** Runs a command that has passed its checks. */
function invoke(command: Command, call: Call): void {
  command.counters.calls++;
  const { client } = call;
  const { monitors } = call.node.server;
  const run = command.run;
  const errorsBefore = call.reply.errorCount;
  if (monitors.size > 0 && !command.spec.flags.includes('admin')) monitors.show(call, command.name);
  if (run === undefined) call.reply.error(`ERR unknown subcommand. Try ${command.name.toUpperCase()} HELP.`);
  else run(call);
  const { copies } = call.node;
  if (copies !== undefined && copies.dirty) copies.ran(command, call);
  const { tenants } = call.node;
  // In the unit of the command, and after it: it may be written down as what it was asked to do.
  if (tenants !== undefined && tenants.attentive) tenants.ran(command, call, call.reply.errorCount !== errorsBefore);
  if (monitors.size > 0) monitors.showAfter(call, command.name);
  if (client.tracking !== undefined) trackReads(command, call, client.tracking);
}

/** Default mode of CLIENT TRACKING: the keys of a read are remembered, as OPTIN and OPTOUT say. */
function trackReads(command: Command, call: Call, tracking: TrackingState): void {
  const { client, node } = call;
  if (command.readonly && command.hasKeys && !tracking.bcast && (tracking.optin ? tracking.caching === true : tracking.caching !== false)) {
    for (const { index } of keyPositions(command, call) ?? []) {
      node.server.tracking.remember(client, Buffer.from(call.bytes.buffer, call.bytes.byteOffset + call.start[index], call.length[index]).toString('latin1'));
    }
  }
  if (!client.inTransaction && !command.name.startsWith('client|')) tracking.caching = undefined;
}

function reject(call: Call, command: Command | undefined, sentence: string, begin: number): void {
  const { client, reply } = call;
  const before = reply.errorCount;
  if (command !== undefined) command.counters.rejected++;
  if (client.transaction !== undefined) {
    client.transaction.failed = true;
    if (command?.name === 'exec') return abort(call, sentence, begin, before, command);
  }
  reply.error(sentence);
  countErrors(call, before);
  if (client.replyMode !== 'on') silence(client, reply, begin, command);
}

/** EXEC itself was refused: the transaction ends with the reason. */
function abort(call: Call, sentence: string, begin: number, before: number, command: Command): void {
  const { client, reply, node } = call;
  client.transaction = undefined;
  node.server.watchers.forget(client);
  client.watchBroken = false;
  reply.error(`EXECABORT Transaction discarded because of: ${sentence}`);
  countErrors(call, before);
  if (client.replyMode !== 'on') silence(client, reply, begin, command);
}

/** EXEC: all keys of the queue must lie in one slot, and that must be served here when it runs. */
export function routeTogether(call: Call, queue: readonly QueuedCommand[]): string | undefined {
  const { cluster, server } = call.node;
  let slot = -1;
  let redirected: Command | undefined;
  for (const queued of queue) {
    const command = server.table.named(queued.name);
    if (command?.hasKeys !== true) continue;
    for (const { index } of keyPositions(command, queued, true) ?? []) {
      const next = slotOfKey(queued.bytes, queued.start[index], queued.length[index]);
      if (slot >= 0 && next !== slot) return crossSlot;
      slot = next;
      if (!command.readonly || redirected === undefined) redirected = command;
    }
  }
  if (redirected === undefined || cluster.servedHere[slot] === 1) return undefined;
  return redirection(cluster, slot, redirected, call.client);
}

/** One command of a transaction: rights are looked at again, for they may have changed since it was queued. */
export function runQueued(call: Call, queued: QueuedCommand): void {
  const { node, client, reply } = call;
  const command = node.server.table.named(queued.name) as Command;
  const { bytes, argc, start, length, keySlot, keyHash } = call;
  call.bytes = queued.bytes;
  call.argc = queued.argc;
  call.start = queued.start;
  call.length = queued.length;
  const key = command.firstKey;
  const hasKey = key > 0 && key < queued.argc;
  call.keySlot = hasKey ? slotOfKey(queued.bytes, queued.start[key], queued.length[key]) : -1;
  call.keyHash = hasKey && node.prefetch !== undefined ? node.prefetch.hashKey(queued.bytes, queued.start[key], queued.length[key]) : 0;
  if (command.movableKeys) slotOfMovableKeys(command, call);
  const before = reply.errorCount;
  const begin = reply.position;
  const { access } = node.server;
  const refusal = access.openToAll && client.user === 'default' ? undefined : access.refusal(command, call);
  if (refusal === undefined) invoke(command, call);
  else reply.error(refusal);
  if (node.tenants?.attentive === true) node.tenants.answered(command, call, reply.position - begin);
  if (reply.errorCount !== before) {
    command.counters.failed++;
    countErrors(call, before);
  }
  Object.assign(call, { bytes, argc, start, length, keySlot, keyHash });
}

function countErrors(call: Call, before: number): void {
  const { statistics } = call.node.server;
  const word = call.reply.lastErrorWord;
  statistics.errorReplies += call.reply.errorCount - before;
  statistics.errorsByWord.set(word, (statistics.errorsByWord.get(word) ?? 0) + call.reply.errorCount - before);
}

/** CLIENT REPLY OFF and SKIP: the reply is taken back. */
function silence(client: ClientSession, reply: ReplyWriter, begin: number, command: Command | undefined): void {
  if (client.replyMode === 'skip-next' && command?.name === 'client|reply') {
    client.replyMode = 'skip';
    return;
  }
  // What subscriptions answer is a message, not a reply.
  if (command?.name.endsWith('subscribe') !== true) reply.position = begin;
  if (client.replyMode === 'skip') client.replyMode = 'on';
}

const isHttp = (word: string): boolean => /^(?:post|host:)$/i.test(word);

const printable = (text: string): string => text.slice(0, 128);

function shapeError(found: Command | undefined, command: Command | undefined, call: Call): string | undefined {
  if (found === undefined) {
    // A browser can be made to send a form here, whose body would be run as commands.
    if (isHttp(argumentText(call, 0))) call.client.closing = true;
    return unknownCommand(call);
  }
  if (command === undefined) return `ERR unknown subcommand '${printable(argumentText(call, 1))}'. Try ${found.name.toUpperCase()} HELP.`;
  const { arity } = command;
  if ((arity > 0 && call.argc !== arity) || call.argc < -arity) return `ERR wrong number of arguments for '${command.name}' command`;
  return undefined;
}

function argumentText(call: Call, index: number): string {
  return Buffer.from(call.bytes.buffer, call.bytes.byteOffset + call.start[index], call.length[index]).toString('latin1', 0, 128);
}

function unknownCommand(call: Call): string {
  let shown = '';
  for (let i = 1; i < call.argc && shown.length < 128; i++) shown += `'${argumentText(call, i).slice(0, 128 - shown.length)}' `;
  return `ERR unknown command '${printable(argumentText(call, 0))}', with args beginning with: ${shown}`;
}

/** Everything that can forbid a known command with the right number of arguments; undefined lets it run. */
function refusalOf(command: Command, call: Call): string | undefined {
  const { client, node } = call;
  if (!client.authenticated && !command.noAuth) return 'NOAUTH Authentication required.';
  const { access } = node.server;
  if (!access.openToAll || client.user !== 'default') {
    const refusal = access.refusal(command, call);
    if (refusal !== undefined) return refusal;
  }
  if (command.hasKeys) {
    const elsewhere = routeKeys(command, call);
    if (elsewhere !== undefined) return elsewhere;
  }
  if (node.copies !== undefined) {
    const refusal = refusalOfCopies(node.copies, command, call);
    if (refusal !== undefined) return refusal;
  }
  if (node.frozen === true && isWrite(command, call)) return redisErrorLine('HIBERNATING');
  client.asking = false;
  const { tenants } = node;
  if (tenants !== undefined && tenants.attentive) {
    const refusal = command.hasKeys ? tenants.admit(command, call) : tenants.admitOther(command, call);
    if (refusal !== undefined) return refusal;
  }
  if (client.resp === 2 && client.subscribed && !allowedWhileSubscribed.has(command.name)) {
    return `ERR Can't execute '${command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`;
  }
  return client.transaction === undefined ? undefined : refusalInTransaction(command, call);
}

/** A transaction that could only fail is refused as a whole: at the command that grows, or at EXEC if memory has become short since. */
function refusalInTransaction(command: Command, call: Call): string | undefined {
  if (command.noMulti) return 'ERR Command not allowed inside a transaction';
  const { server, store } = call.node;
  const grows = command.denyOom || (command.name === 'exec' && call.client.transaction?.queue.some(({ name }) => server.table.named(name)?.denyOom === true) === true);
  return grows && store.limitBytes > 0 && store.policy === undefined && store.budget.isOver ? "OOM command not allowed when used memory > 'maxmemory'." : undefined;
}

/** P10: too few copies for a write. P7: a replica that has executed what is not committed yet shows nothing. */
function refusalOfCopies(copies: Copies, command: Command, call: Call): string | undefined {
  const { node } = call;
  if (!copies.leads) return command.hasKeys && command.readonly && call.keySlot >= 0 && !copies.readable ? toPrimary(node.cluster, call.keySlot) : undefined;
  return copies.writable || !isWrite(command, call) ? undefined : redisErrorLine('NO_REPLICAS');
}

/** It changes data, or runs something that was queued and does. */
function isWrite(command: Command, { client, node }: Call): boolean {
  return command.write || (command.name === 'exec' && client.transaction?.queue.some(({ name }) => node.server.table.named(name)?.write === true) === true);
}

/** The common case, one key of a slot served here, costs one array read. */
function routeKeys(command: Command, call: Call): string | undefined {
  const { cluster } = call.node;
  const slot = call.keySlot;
  if (slot >= 0 && command.lastKey === command.firstKey && !command.movableKeys) {
    if (call.length[command.firstKey] > maxKeyBytes) return keyTooLargeLine;
    return cluster.servedHere[slot] === 1 ? undefined : redirection(cluster, slot, command, call.client);
  }
  const first = slotOfKeys(command, call);
  if (typeof first === 'string') return first;
  if (first < 0 || cluster.servedHere[first] === 1) return undefined;
  return redirection(cluster, first, command, call.client);
}

const crossSlot = "CROSSSLOT Keys in request don't hash to the same slot";

/** The one slot of all keys, -1 without keys, or the error line. */
function slotOfKeys(command: Command, call: Call): number | string {
  if (command.movableKeys) return slotOfMovableKeys(command, call);
  const { bytes, start, length, argc } = call;
  // The parser knows no subcommands: their key's slot is found here.
  if (call.keySlot < 0 && command.firstKey < argc) call.keySlot = slotOfKey(bytes, start[command.firstKey], length[command.firstKey]);
  if (command.firstKey < argc && length[command.firstKey] > maxKeyBytes) return keyTooLargeLine;
  const last = command.lastKey < 0 ? argc + command.lastKey : command.lastKey;
  for (let i = command.firstKey + command.keyStep; i <= last && i < argc; i += command.keyStep) {
    if (length[i] > maxKeyBytes) return keyTooLargeLine;
    if (slotOfKey(bytes, start[i], length[i]) !== call.keySlot) return crossSlot;
  }
  return call.keySlot;
}

function slotOfMovableKeys(command: Command, call: Call): number | string {
  const positions = keyPositions(command, call, true);
  let slot = -1;
  for (const { index } of positions ?? []) {
    if (call.length[index] > maxKeyBytes) return keyTooLargeLine;
    const next = slotOfKey(call.bytes, call.start[index], call.length[index]);
    if (slot >= 0 && next !== slot) return crossSlot;
    slot = next;
  }
  call.keySlot = slot;
  return slot;
}

/** MULTI: keeps its own copy of the arguments, for the arena is used again. */
function queue(command: Command, call: Call): void {
  const transaction = call.client.transaction as TransactionState;
  const copy = ownCopy(call, command.name);
  transaction.queue.push(copy);
  transaction.queuedBytes += copy.bytes.length + queuedCommandBytes + 8 * copy.argc;
  call.reply.queued();
}

export function ownCopy(call: Call, name: string): QueuedCommand {
  const { argc } = call;
  let total = 0;
  for (let i = 0; i < argc; i++) total += call.length[i];
  const bytes = Buffer.allocUnsafeSlow(total);
  const start = new Int32Array(argc);
  let at = 0;
  for (let i = 0; i < argc; i++) {
    start[i] = at;
    bytes.set(call.bytes.subarray(call.start[i], call.start[i] + call.length[i]), at);
    at += call.length[i];
  }
  return { name, bytes, argc, start, length: call.length.slice(0, argc) };
}

