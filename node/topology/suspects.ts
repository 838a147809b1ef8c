/** Members that did not answer lately. One is held to have failed only after several tries over some time. */
export interface Suspects {
  readonly byPod: Map<string, { tries: number; readonly sinceMs: number }>;
  has(pod: string): boolean;
  all(): readonly string[];
  cleared(pod: string): void;
}

const leastTries = 3;
const leastMs = 800;

export function newSuspects(): Suspects {
  const byPod = new Map<string, { tries: number; readonly sinceMs: number }>();
  return { byPod, has: (pod) => byPod.has(pod), all: () => [...byPod.keys()], cleared: (pod) => void byPod.delete(pod) };
}

/** Books a failed try; true when that is enough. The next tries begin from nothing. */
export function suspect(suspects: Suspects, pod: string, nowMs: number): boolean {
  const known = suspects.byPod.get(pod) ?? { tries: 0, sinceMs: nowMs };
  known.tries++;
  suspects.byPod.set(pod, known);
  if (known.tries < leastTries || nowMs - known.sinceMs < leastMs) return false;
  suspects.byPod.delete(pod);
  return true;
}
