/** Says whether this process may write to the API server. Leader election closes it before another leader can exist. */
export interface WriteGate {
  /** Why not; undefined while writing is allowed. Asked right before a write leaves. */
  closed(): string | undefined;
  /** Called when the gate closes, so that writes under way are broken off. Returns how to stop listening. */
  onClose(listener: () => void): () => void;
}

/** A write that did not leave, or was broken off, because the gate is closed. */
export class WritesStoppedError extends Error {
  constructor(why: string) {
    super(`writing is stopped: ${why}`);
    this.name = 'WritesStoppedError';
  }
}
