import { keyPositions } from '../commands/key-extraction.ts';
import { findKey } from '../commands/key-access.ts';
import type { Command } from '../commands/registry.ts';
import type { Call } from '../commands/spec.ts';
import type { FillAnswer, TenantHooks } from '../commands/tenant-hooks.ts';
import type { Clock } from '../../shared/ports/ports.ts';
import { Admission, type TenantClient } from '../tenants/admission.ts';
import { namespaceOfChannel, parseInvalidation } from '../tenants/invalidation-channel.ts';
import { hasPrefix } from '../tenants/name-table.ts';
import { labelKind, labelsOfKind, labelText } from '../tenants/labels.ts';
import type { TenantServices } from '../tenants/services.ts';
import type { Tenant } from '../tenants/tenant.ts';

/** Commands without keys after which nothing of what was read before is good. */
const flushes: ReadonlySet<string> = new Set(['flushall', 'flushdb']);
/** Commands without keys that look through keys, or send something to others: one operation of the caller's namespace. */
const counted: ReadonlySet<string> = new Set(['dbsize', 'keys', 'scan', 'randomkey', 'cluster|countkeysinslot', 'cluster|getkeysinslot']);
/** Those whose replies may be as long as the caller likes, or are long. */
const talkative: ReadonlySet<string> = new Set(['echo', 'ping', 'info', 'command', 'command|docs', 'command|info', 'pubsub|channels', 'pubsub|shardchannels']);
const noTags: readonly string[] = [];

/** Namespaces between the executor and its commands. */
export class TenantGate implements TenantHooks {
  readonly #services: TenantServices;
  readonly #admission: Admission;
  readonly #clock: Clock;
  // Plain fields: every command looks at them.
  attentive = false;
  refusals = 0;

  constructor(services: TenantServices, clock: Clock) {
    this.#services = services;
    this.#admission = new Admission(services.registry);
    this.#clock = clock;
    services.registry.onActive = () => this.#look();
    services.dependents.onUse = () => this.#look();
    services.fills.onUse = () => {
      this.attentive = true;
    };
  }

  #look(): void {
    const { registry, dependents, fills } = this.#services;
    this.attentive = registry.active || dependents.inUse || fills.size > 0;
  }

  beginTurn(nowMs: number): void {
    this.#admission.nowMs = nowMs;
    this.refusals = 0;
  }

  admit(command: Command, call: Call): string | undefined {
    const refusal = this.#refusalOf(command, call);
    if (refusal !== undefined) this.refusals++;
    return refusal;
  }

  #refusalOf(command: Command, call: Call): string | undefined {
    const { client } = call;
    const { tenant } = client;
    const key = command.onlyKey;
    // Most requests: one key, of the namespace of the connection's last request.
    if (tenant !== undefined && key > 0 && hasPrefix(tenant.nameBytes, call.bytes, call.start[key], call.length[key])) {
      if (tenant.metered) return tenant.inForce ? this.#admission.take(tenant, 1) : this.#admitAny(command, call);
      tenant.requests++;
      return undefined;
    }
    return this.#admitAny(command, call);
  }

  #admitAny(command: Command, call: Call): string | undefined {
    if (!this.#services.registry.active) return undefined;
    const key = command.movableKeys ? (keyPositions(command, call)?.[0]?.index ?? 0) : command.firstKey;
    if (key === 0 || key >= call.argc) return undefined;
    return this.#admission.admit(call.client, call.bytes, call.start[key], call.length[key], command.onlyKey > 0 ? 1 : keysOf(command, call));
  }

  admitOther(command: Command, call: Call): string | undefined {
    const { client, bytes, start, length } = call;
    const { registry } = this.#services;
    if (!registry.active) return undefined;
    if (command.name === 'publish' && registry.tenantOf(bytes, start[1], length[1]).prefixLength > 0) return this.#admission.admit(client, bytes, start[1], length[1], 1);
    if (command.noAuth) return undefined;
    const tenant = this.#boundTo(call, client.user);
    if (tenant === undefined) return undefined;
    const refusal = client.tenant === tenant ? undefined : this.#admission.enter(client, tenant);
    if (refusal !== undefined) return refusal;
    if (counted.has(command.name)) return this.#admission.take(tenant, 1);
    return tenant.egress.limited && call.argc > 1 && talkative.has(command.name) ? this.#admission.refusalOfEgress(tenant) : undefined;
  }

  signIn(call: Call, user: string): string | undefined {
    if (!this.attentive) return undefined;
    const tenant = this.#boundTo(call, user);
    return tenant === undefined || tenant === call.client.tenant ? undefined : this.#admission.enter(call.client, tenant);
  }

  /** The namespace of what a bound user does without naming a key: that of its last request, or its first. */
  #boundTo({ node, client }: Call, user: string): Tenant | undefined {
    const bound = node.server.access.boundTo(user);
    if (bound === undefined) return undefined;
    if (client.tenant?.inForce === true && bound.some(({ name }) => name === client.tenant?.name)) return client.tenant;
    for (const { name } of bound) {
      const tenant = this.#services.registry.byName(name);
      if (tenant !== undefined && tenant.prefixLength > 0) return tenant;
    }
    return undefined;
  }

  answered(command: Command, { node, client }: Call, bytes: number): void {
    const { tenant } = client;
    if (tenant === undefined) return;
    // What EXEC ran has been counted already; who is not bound has no namespace but where keys say so.
    if (!command.hasKeys && (command.name === 'exec' || node.server.access.boundTo(client.user) === undefined)) return;
    this.#admission.answered(tenant, bytes);
  }

  /** A publication goes to listeners here, as far as the egress of its namespace goes. */
  mayPush(channel: Uint8Array, bytes: number): boolean {
    const tenant = this.#ofChannel(channel);
    if (tenant === undefined || !tenant.egress.limited) return true;
    this.#admission.nowMs = this.#clock.monotonicMs();
    return this.#admission.mayPush(tenant, bytes);
  }

  /** It went to them. */
  pushed(channel: Uint8Array, bytes: number): void {
    const tenant = this.#ofChannel(channel);
    if (tenant !== undefined) this.#admission.answered(tenant, bytes);
  }

  #ofChannel(channel: Uint8Array): Tenant | undefined {
    const { registry } = this.#services;
    const tenant = registry.active ? registry.tenantOf(channel, 0, channel.length) : undefined;
    return tenant !== undefined && tenant.prefixLength > 0 ? tenant : undefined;
  }

  /** A request of the HTTP port: what its commands take from the quotas is seen when they run, its connection and its answer are not. Undefined: it may go on; else the error line. */
  enter(client: TenantClient, namespace: string): string | undefined {
    const { registry } = this.#services;
    const tenant = registry.active ? registry.byName(namespace) : undefined;
    if (tenant === undefined) return undefined;
    this.#admission.nowMs = this.#clock.monotonicMs();
    return this.#admission.enterOver(client, tenant);
  }

  /** An answer of the HTTP port was so much longer than the replies that it was made of. */
  sent({ tenant }: TenantClient, moreBytes: number): void {
    if (tenant !== undefined) this.#admission.answered(tenant, moreBytes);
  }

  /** The connection is gone. */
  forget(client: TenantClient): void {
    this.#admission.leave(client);
  }

  expiryFor(_call: Call, _i: number, expireAtMs: number): number {
    return expireAtMs;
  }

  tooLarge({ node: { store }, bytes, start, length }: Call, i: number, valueBytes: number): number {
    if (store.namespaces === undefined) return 0;
    const id = store.namespaces.idOf(bytes, start[i], length[i]);
    return valueBytes > store.namespaces.maxValueBytes[id] ? store.namespaces.maxValueBytes[id] : 0;
  }

  tag(call: Call, i: number, tags: readonly string[], dependsOn: readonly string[]): void {
    if (tags.length === 0 && dependsOn.length === 0) return;
    const ref = findKey(call, i);
    if (ref === 0) return;
    const tenant = this.#tenantOf(call, i);
    const own = Buffer.from(call.bytes.subarray(call.start[i] + tenant.prefixLength, call.start[i] + call.length[i])).toString();
    const others = dependsOn.filter((key) => key !== own);
    call.node.store.attach(ref, labelText(tenant.name, tags, others));
  }

  mayDepend(call: Call, i: number): boolean {
    return this.#services.dependents.isAnnounced(this.#tenantOf(call, i).name);
  }

  tagsOf(call: Call, i: number): readonly string[] {
    const { store } = call.node;
    if (store.attachments === undefined) return noTags;
    const ref = findKey(call, i);
    const text = ref === 0 ? undefined : store.labelsOf(ref);
    return text === undefined ? noTags : labelsOfKind(text, labelKind.tag);
  }

  fillAllowed(call: Call, i: number, token: string): boolean {
    const key = nameOf(call, i);
    if (!this.#services.fills.take(key, token, this.#clock.monotonicMs())) return false;
    call.node.keyEvents.ready(call.bytes, call.start[i], call.length[i]);
    return true;
  }

  beginFill(call: Call, i: number): FillAnswer {
    const { fills } = this.#services;
    const key = nameOf(call, i);
    const nowMs = this.#clock.monotonicMs();
    const state = fills.stateOf(key, nowMs);
    return state === 'free' ? { kind: 'yours', token: fills.begin(key, this.#tenantOf(call, i).name, nowMs) } : { kind: state };
  }

  noteAbsent(call: Call, i: number, token: string): boolean {
    const { fills } = this.#services;
    const key = nameOf(call, i);
    const nowMs = this.#clock.monotonicMs();
    if (!fills.take(key, token, nowMs)) return false;
    const tenant = this.#tenantOf(call, i);
    const negativeMs = tenant.settings?.negativeTtlMs ?? 0;
    if (negativeMs > 0) fills.noteAbsent(key, tenant.name, nowMs + negativeMs);
    call.node.keyEvents.ready(call.bytes, call.start[i], call.length[i]);
    return true;
  }

  #voidFills(command: Command, call: Call): void {
    const { fills } = this.#services;
    for (const { index } of keyPositions(command, call) ?? []) {
      if (fills.voidKey(nameOf(call, index))) call.node.keyEvents.ready(call.bytes, call.start[index], call.length[index]);
    }
  }

  published(call: Call): void {
    const name = namespaceOfChannel(nameOf(call, 1));
    const tenant = name === undefined ? undefined : this.#services.registry.byName(name);
    if (tenant === undefined) return;
    const message = Buffer.from(call.bytes.subarray(call.start[2], call.start[2] + call.length[2])).toString();
    void this.#services.everywhere(tenant.name, parseInvalidation(message, tenant.settings?.invalidation?.pattern));
  }

  ran(command: Command, call: Call, failed: boolean): void {
    const { fills, dependents } = this.#services;
    if (command.write && !failed && fills.size > 0) {
      if (command.hasKeys) this.#voidFills(command, call);
      else if (flushes.has(command.name)) fills.clear();
    }
    if (dependents.hasPending) dependents.settle();
  }

  settle(): void {
    if (this.#services.dependents.hasPending) this.#services.dependents.settle();
  }

  #tenantOf({ bytes, start, length }: Call, i: number): Tenant {
    return this.#services.registry.tenantOf(bytes, start[i], length[i]);
  }
}

const nameOf = ({ bytes, start, length }: Call, i: number): string => Buffer.from(bytes.buffer, bytes.byteOffset + start[i], length[i]).toString('latin1');

/** A request counts once for each of its keys. */
function keysOf({ firstKey, lastKey, keyStep, movableKeys }: Command, { argc }: Call): number {
  if (lastKey === firstKey || movableKeys) return 1;
  const last = lastKey < 0 ? argc + lastKey : lastKey;
  return Math.max(1, Math.floor((last - firstKey) / keyStep) + 1);
}
