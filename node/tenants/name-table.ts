import { defaultName, type Tenant } from './tenant.ts';

const colon = 0x3a;
/** Names are DNS labels. */
const longestName = 63;
const leastSlots = 16;

/** Tenants by the prefix `<name>:` of a key, on raw bytes. */
export class NameTable {
  readonly #byName = new Map<string, Tenant>();
  #slots: (Tenant | undefined)[] = [];
  #mask = 0;
  /** Keys without the prefix of any. */
  readonly #others: Tenant;
  /** The last that was found: the next key is often its own too. */
  #last: Tenant;

  constructor(others: Tenant) {
    this.#others = others;
    this.#last = others;
    this.#build();
  }

  get size(): number {
    return this.#byName.size;
  }

  values(): IterableIterator<Tenant> {
    return this.#byName.values();
  }

  get(name: string): Tenant | undefined {
    return name === defaultName ? (this.#byName.get(name) ?? this.#others) : this.#byName.get(name);
  }

  set(tenant: Tenant): void {
    tenant.inForce = true;
    this.#byName.set(tenant.name, tenant);
    this.#build();
  }

  delete(name: string): void {
    const tenant = this.#byName.get(name);
    if (tenant !== undefined) {
      tenant.inForce = false;
      tenant.metered = true;
    }
    this.#byName.delete(name);
    this.#build();
  }

  /** One comparison where the key is of the namespace that is guessed or was asked for last, else a hash of the bytes before the first colon. */
  find(bytes: Uint8Array, start: number, length: number, guess?: Tenant): Tenant {
    const last = this.#last;
    if (last !== this.#others && hasPrefix(last.nameBytes, bytes, start, length)) return last;
    if (guess !== undefined && guess !== last && guess.inForce && hasPrefix(guess.nameBytes, bytes, start, length)) return (this.#last = guess);
    const end = start + Math.min(length, longestName + 1);
    let hash = 0;
    let at = start;
    while (at < end && bytes[at] !== colon) hash = Math.imul(hash ^ bytes[at++], 0x9e3779b1);
    if (at === end) return this.#others;
    for (let slot = (hash ^ (hash >>> 15)) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const tenant = this.#slots[slot];
      if (tenant === undefined) return this.#others;
      if (tenant.nameBytes.length === at - start && hasPrefix(tenant.nameBytes, bytes, start, length)) {
        this.#last = tenant;
        return tenant;
      }
    }
  }

  #build(): void {
    let size = leastSlots;
    while (size < this.#byName.size * 4) size *= 2;
    this.#mask = size - 1;
    this.#slots = Array.from({ length: size });
    this.#last = this.#others;
    for (const tenant of this.#byName.values()) {
      let hash = 0;
      for (const byte of tenant.nameBytes) hash = Math.imul(hash ^ byte, 0x9e3779b1);
      let slot = (hash ^ (hash >>> 15)) & this.#mask;
      while (this.#slots[slot] !== undefined) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = tenant;
    }
  }
}

/** Whether the key begins with the name and a colon. */
export function hasPrefix(name: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  const size = name.length;
  if (length <= size || bytes[start + size] !== colon) return false;
  for (let i = 0; i < size; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}
