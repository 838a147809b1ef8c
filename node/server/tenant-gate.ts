import { keyPositions } from '../commands/key-extraction.ts';
import type { Command } from '../commands/registry.ts';
import type { Call } from '../commands/spec.ts';
import type { TenantHooks } from '../commands/tenant-hooks.ts';
import { Admission } from '../tenants/admission.ts';
import type { NamespaceRegistry } from '../tenants/registry.ts';
import type { ClientSession } from './client-session.ts';

const noTags: readonly string[] = [];

/** Namespaces between the executor and its commands. */
export class TenantGate implements TenantHooks {
  readonly #registry: NamespaceRegistry;
  readonly #admission: Admission;

  constructor(registry: NamespaceRegistry) {
    this.#registry = registry;
    this.#admission = new Admission(registry);
  }

  get active(): boolean {
    return this.#registry.active;
  }

  beginTurn(nowMs: number): void {
    this.#admission.nowMs = nowMs;
  }

  admit(command: Command, call: Call): string | undefined {
    const key = command.movableKeys ? (keyPositions(command, call)?.[0]?.index ?? 0) : command.firstKey;
    if (key === 0 || key >= call.argc) return undefined;
    return this.#admission.admit(call.client, call.bytes, call.start[key], call.length[key], keysOf(command, call));
  }

  answered(call: Call, bytes: number): void {
    const { tenant } = call.client;
    if (tenant !== undefined) this.#admission.answered(tenant, bytes);
  }

  /** The connection is gone. */
  forget(client: ClientSession): void {
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

  tag(_call: Call, _i: number, _tags: readonly string[], _dependsOn: readonly string[]): void {}

  tagsOf(_call: Call, _i: number): readonly string[] {
    return noTags;
  }

  fillAllowed(_call: Call, _i: number, _token: string): boolean {
    return false;
  }
}

/** A request counts once for each of its keys. */
function keysOf({ firstKey, lastKey, keyStep, movableKeys }: Command, { argc }: Call): number {
  if (lastKey === firstKey || movableKeys) return 1;
  const last = lastKey < 0 ? argc + lastKey : lastKey;
  return Math.max(1, Math.floor((last - firstKey) / keyStep) + 1);
}
