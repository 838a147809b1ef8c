import type { NodeStatus } from '../../shared/admin/contract.ts';
import { busSecret } from '../../shared/kube/names.ts';
import type { Clock } from '../../shared/ports/ports.ts';
import type { KubeObject } from '../kube/port.ts';
import type { NodeApi } from '../node-api/node-api.ts';
import { isRunning } from './health.ts';
import { nodeTargetOf } from './node-calls.ts';

/** What nodes have answered, kept by pod UID; nodes are asked beside the passes, so that one that is silent holds none up. */
export interface Reports {
  /** Answers not older than `mostAgeMs`, by pod name. */
  known(pods: readonly KubeObject[], mostAgeMs: number): ReadonlyMap<string, NodeStatus>;
  /** Asks every running pod whose answer is older than that; resolves when each has answered or failed. True when something new was learnt. */
  refresh(pods: readonly KubeObject[], busKey: string | undefined, mostAgeMs: number): Promise<boolean>;
  forget(pods: readonly KubeObject[]): void;
}

/** Nodes asked at a time, over all clusters: a thousand of them must not all be called at once. */
const asksAtOnce = 32;

interface Answer {
  readonly status: NodeStatus | undefined;
  readonly atMs: number;
}

/** What a plan may depend on; gauges are not. */
function isNews(status: NodeStatus | undefined, before: NodeStatus | undefined): boolean {
  if (status === undefined || before === undefined) return status !== before;
  const shown = ({ role, epoch, snapshot, slotsOwned, ownershipVersion, targetsGeneration, configRevision, moves = [] }: NodeStatus): unknown[] => [role, epoch, slotsOwned, ownershipVersion, targetsGeneration, configRevision, `${snapshot?.phase} ${snapshot?.id} ${snapshot?.message}`, moves.map(({ id, phase, waitsFor }) => `${id} ${phase} ${waitsFor ?? ''}`).join()];
  const was = shown(before);
  return shown(status).some((value, index) => value !== was[index]);
}

export function createReports(nodeApi: NodeApi, clock: Clock): Reports {
  const answers = new Map<string, Answer>();
  const asking = new Map<string, Promise<boolean>>();
  const waiting: (() => void)[] = [];
  let free = asksAtOnce;
  const enter = (): Promise<void> => {
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  const ask = async (pod: KubeObject, busKey: string): Promise<boolean> => {
    const { uid = '' } = pod.metadata;
    const before = answers.get(uid)?.status;
    await enter();
    const status = await nodeApi.status(nodeTargetOf(pod, busKey)).catch(() => undefined).finally(leave);
    answers.set(uid, { status, atMs: clock.monotonicMs() });
    return isNews(status, before);
  };
  const askOnce = (pod: KubeObject, busKey: string): Promise<boolean> => {
    const uid = pod.metadata.uid ?? '';
    const underWay = asking.get(uid);
    if (underWay) return underWay;
    const answer = ask(pod, busKey).finally(() => asking.delete(uid));
    asking.set(uid, answer);
    return answer;
  };
  const ageOf = (pod: KubeObject): number => clock.monotonicMs() - (answers.get(pod.metadata.uid ?? '')?.atMs ?? -Infinity);
  return {
    known(pods, mostAgeMs) {
      return new Map(pods.flatMap((pod) => {
        const status = answers.get(pod.metadata.uid ?? '')?.status;
        return status && ageOf(pod) <= mostAgeMs ? [[pod.metadata.name, status] as const] : [];
      }));
    },
    async refresh(pods, busKey, mostAgeMs) {
      if (busKey === undefined) return false;
      const due = pods.filter((pod) => isRunning(pod) && pod.status?.podIP !== undefined && ageOf(pod) >= mostAgeMs);
      return (await Promise.all(due.map((pod) => askOnce(pod, busKey)))).some(Boolean);
    },
    forget(pods) {
      for (const pod of pods) answers.delete(pod.metadata.uid ?? '');
    },
  };
}

/** The key that the cluster's nodes and the operator prove themselves with; undefined while there is none. */
export function busKeyOf(objects: ReadonlyMap<string, KubeObject>, cluster: string): string | undefined {
  const encoded = objects.get(`Secret/${busSecret(cluster)}`)?.data?.['bus-key'];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8').trim();
}
