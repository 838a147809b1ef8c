/** What the runtime tells about itself; prometheus.ts turns it into metrics, the simulator into nothing. */
export interface RuntimeObserver {
  reconciled(controller: string, result: 'done' | 'again' | 'failed', seconds: number): void;
  queueDepth(controller: string, depth: number): void;
  queueWait(controller: string, seconds: number): void;
  /** The first call registers the gauge of a type; `ageSeconds` is read when metrics are scraped. */
  watching(type: string, ageSeconds: () => number): void;
  listed(type: string, outcome: 'ok' | 'error'): void;
  watchEnded(type: string, why: 'timeout' | 'expired' | 'error' | 'idle'): void;
  handlerFailed(type: string): void;
  apiRequest(verb: string, resource: string, code: string, seconds: number): void;
  leader(isLeader: boolean): void;
  event(outcome: 'written' | 'merged' | 'dropped' | 'failed'): void;
}

export const silentObserver: RuntimeObserver = {
  reconciled() {},
  queueDepth() {},
  queueWait() {},
  watching() {},
  listed() {},
  watchEnded() {},
  handlerFailed() {},
  apiRequest() {},
  leader() {},
  event() {},
};
