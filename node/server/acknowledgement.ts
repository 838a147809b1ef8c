import { keyPositions } from '../commands/key-extraction.ts';
import type { Command } from '../commands/registry.ts';
import type { Call } from '../commands/spec.ts';
import type { NodeContext } from '../commands/node-context.ts';
import type { QueuedCommand } from './client-session.ts';

type Arguments = Pick<Call, 'bytes' | 'argc' | 'start' | 'length'>;

/**
 * True when the reply of a command that ran waits for no copy: the primary alone acknowledges writes to the namespaces of all its keys, which `acknowledge` of the
 * CacheNamespace says, or of the CacheCluster (P7). What shows no key by name shows any.
 */
export function waitsForNoCopy(command: Command, call: Call): boolean {
  const { node, client } = call;
  const { namespaces } = node;
  const byDefault = node.copies?.acknowledgesAlone === true;
  if (namespaces === undefined || !namespaces.namesAcknowledge) return byDefault;
  if (command.name !== 'exec') return keysAlone(command, call, node, byDefault);
  const { executed } = client;
  client.executed = undefined;
  return executed !== undefined && executed.length > 0 && executed.every((queued) => queuedAlone(queued, node, byDefault));
}

/** What is about no certain keys: pushes, aggregates. */
export function allWaitForNoCopy(node: NodeContext): boolean {
  const byDefault = node.copies?.acknowledgesAlone === true;
  return node.namespaces === undefined ? byDefault : node.namespaces.allAcknowledgeAlone(byDefault);
}

function queuedAlone(queued: QueuedCommand, node: NodeContext, byDefault: boolean): boolean {
  const command = node.server.table.named(queued.name);
  return command !== undefined && keysAlone(command, queued, node, byDefault);
}

function keysAlone(command: Command, call: Arguments, node: NodeContext, byDefault: boolean): boolean {
  const { onlyKey } = command;
  if (onlyKey > 0 && onlyKey < call.argc) return keyAlone(call, onlyKey, node, byDefault);
  const positions = command.hasKeys ? keyPositions(command, call) : undefined;
  if (positions === undefined || positions.length === 0) return allWaitForNoCopy(node);
  return positions.every(({ index }) => keyAlone(call, index, node, byDefault));
}

function keyAlone({ bytes, start, length }: Arguments, index: number, { namespaces }: NodeContext, byDefault: boolean): boolean {
  return namespaces === undefined ? byDefault : namespaces.acknowledgesAlone(namespaces.tenantOf(bytes, start[index], length[index]), byDefault);
}
