import type { NamespaceSettings } from '../../shared/namespaces/document.ts';
import type { NodeContext } from '../commands/node-context.ts';
import { maxValueBytes } from '../engine/entry-layout.ts';
import type { ServerNodeContext } from '../server/create-node-context.ts';
import { errorOfReply } from './answer.ts';
import { defaultNamespace, type ApiQuotas, type NamespaceFacts, type NamespaceLookup } from './api-node.ts';
import type { Figures } from './node-questions.ts';
import { ReplyError } from './resp.ts';

/** The default namespace, and the CacheNamespaces that are in force on this node. */
export function namespacesOf(context: NodeContext): NamespaceLookup {
  const standard: NamespaceFacts = { name: defaultNamespace, prefix: '', maxValueBytes };
  const known = new WeakMap<NamespaceSettings, NamespaceFacts>();
  return {
    find(name) {
      const settings = context.namespaces?.byName(name)?.settings;
      if (settings === undefined) return name === defaultNamespace ? standard : undefined;
      const facts = known.get(settings) ?? factsOf(settings);
      known.set(settings, facts);
      return facts;
    },
    ownerOf(key) {
      const tenant = context.namespaces?.tenantOf(key, 0, key.length);
      return tenant?.settings === undefined ? undefined : tenant.name;
    },
  };
}

const factsOf = ({ name, maxValueBytes: most, invalidation }: NamespaceSettings): NamespaceFacts => ({ name, prefix: `${name}:`, maxValueBytes: most, webhookTokenSha256: invalidation?.webhookTokenSha256, invalidationPattern: invalidation?.pattern });

/** What requests of the HTTP port take from the quotas of their namespace on this node, beside their commands. */
export function quotasOf({ internals: { tenantGate } }: ServerNodeContext): ApiQuotas {
  return {
    enter(client, namespace) {
      const refusal = tenantGate.enter(client, namespace);
      if (refusal !== undefined) throw errorOfReply(new ReplyError(refusal));
    },
    sent: (client, moreBytes) => tenantGate.sent(client, moreBytes),
  };
}

/** What this node counted for a namespace. */
export function figuresOf({ namespaces, store }: NodeContext, name: string): Figures {
  const tenant = namespaces?.byName(name);
  if (namespaces !== undefined && tenant !== undefined) {
    const { name: _name, uid: _uid, ...figures } = namespaces.figuresOf(tenant);
    return figures;
  }
  return { keys: store.entryCount, memoryBytes: store.usedBytes, hits: store.hits, misses: store.misses, evictions: store.evictedKeys, expirations: store.expiredKeys, throttled: 0 };
}
