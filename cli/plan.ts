import { resourceTypes } from '../operator/kube/types.ts';
import { MeridianError } from '../shared/errors/meridian-error.ts';
import { annotations, fieldManager } from '../shared/kube/names.ts';
import type { CacheClusterStatus } from '../shared/resources/cache-cluster/resource.ts';
import { parseFlags, placeUsage, withKube } from './flags.ts';
import type { Connection } from './kube.ts';
import { readCluster, type Cluster } from './shards.ts';
import { table } from './table.ts';

type ShownPlan = NonNullable<CacheClusterStatus['plan']>;

const planUsage = `meridian plan CLUSTER — which slots are about to move, what that takes, and what it waits for

  --json                 as in status.plan
${placeUsage}`;

const answerUsage = (name: 'approve' | 'cancel', what: string): string => `meridian ${name} CLUSTER — ${what}

  --plan HASH            only this plan; default: the one in the status
${placeUsage}`;

export async function runPlanCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, { json: { type: 'boolean' } });
  if (values.help === true) return print(planUsage);
  const name = onlyName('plan', positionals);
  return await withKube(values, async ({ kube }, namespace) => {
    const { status } = await readCluster(kube, namespace, name);
    return print(values.json === true ? `${JSON.stringify(status?.plan ?? null)}\n` : `${textOf(status?.plan)}${waitOf(status)}`);
  });
}

/** Lets slots move where `resharding.approval` is manual: the annotation names the plan, so another one is never meant. */
export async function runApproveCommand(args: readonly string[]): Promise<number> {
  return await answer('approve', 'slots may move as the plan says (resharding.approval: manual)', args, ({ hash, name, stage }) => (stage === 'WaitingForApproval' ? `plan ${hash} of ${name} is approved` : `plan ${hash} of ${name} needs no approval now`));
}

/** Stops a plan, begun or not: slots stay where they are then, and everything is served. */
export async function runCancelCommand(args: readonly string[]): Promise<number> {
  return await answer('cancel', 'slots stay where they are; the plan is dropped, begun or not', args, ({ hash, name, left }) => `plan ${hash} of ${name} is cancelled${left === 0 ? '; its last batches are ordered already, so nothing stays' : `: of ${left} slots that were still to move, those stay that are not ordered yet`}`);
}

const opposite = { approve: 'cancel', cancel: 'approve' } as const;

interface Answered {
  readonly hash: string;
  readonly name: string;
  readonly stage: string | undefined;
  /** Slots that are still to move. */
  readonly left: number;
}

async function answer(command: 'approve' | 'cancel', what: string, args: readonly string[], say: (answered: Answered) => string): Promise<number> {
  const { values, positionals } = parseFlags(args, { plan: { type: 'string' } });
  if (values.help === true) return print(answerUsage(command, what));
  const name = onlyName(command, positionals);
  return await withKube(values, async ({ kube }, namespace) => {
    const cluster = await readCluster(kube, namespace, name);
    const { hash, slots: left = 0 } = cluster.status?.plan ?? {};
    const fault = faultOf(cluster, hash, values.plan) ?? (command === 'cancel' ? doneOf(cluster) : undefined);
    if (fault !== undefined || hash === undefined) return print(`${fault ?? ''}\n`, 1);
    // What was said to an earlier plan is over.
    const { [annotations[opposite[command]]]: earlier } = cluster.metadata.annotations ?? {};
    await annotate(kube, cluster, namespace, { [annotations[command]]: hash, ...(earlier === undefined || earlier === hash ? {} : { [annotations[opposite[command]]]: null }) });
    return print(`${say({ hash, name, left, stage: resharding(cluster.status)?.reason })}\n`);
  });
}

/** Why there is nothing to answer to; undefined when there is. */
function faultOf({ metadata, status }: Cluster, hash: string | undefined, asked: string | undefined): string | undefined {
  if (status?.observedGeneration !== metadata.generation) return `the operator has not looked at the newest spec of ${metadata.name} yet: try again`;
  if (hash === undefined) return `nothing is planned for ${metadata.name}`;
  return asked !== undefined && asked !== hash ? `plan ${asked} is not the plan of ${metadata.name}: that is ${hash}` : undefined;
}

/** A plan that has been carried out: nothing stays anywhere by cancelling it. */
function doneOf({ metadata, status }: Cluster): string | undefined {
  return resharding(status)?.status === 'False' ? `every slot of ${metadata.name} is where its plan puts it: there is nothing to cancel (to go back, change spec.shards)` : undefined;
}

async function annotate(kube: Connection['kube'], { metadata: { name, uid } }: Cluster, namespace: string, values: Readonly<Record<string, string | null>>): Promise<void> {
  await kube.patch(resourceTypes.cacheCluster, namespace, name, { metadata: { uid, annotations: values } }, { fieldManager: `${fieldManager}-cli` });
}

const resharding = (status: CacheClusterStatus | undefined) => status?.conditions?.find(({ type }) => type === 'Resharding');

function waitOf(status: CacheClusterStatus | undefined): string {
  const condition = resharding(status);
  return condition === undefined ? '' : `${condition.reason}: ${condition.message}\n`;
}

const mib = 1024 * 1024;

function textOf(plan: ShownPlan | undefined): string {
  if (!plan?.steps?.length) return '';
  const steps = (plan.steps ?? []).map(({ kind, description, slots, bytes }) => [kind, `${slots ?? '-'}`, bytes === undefined ? '-' : mebibytes(bytes), description]);
  return `plan ${plan.hash ?? '-'}: ${plan.slots ?? 0} slots, about ${mebibytes(plan.bytes ?? 0)}, about ${plan.seconds ?? 0} s\n\n${table([['STEP', 'SLOTS', 'DATA', 'WHAT'], ...steps])}\n\n`;
}

const mebibytes = (bytes: number): string => `${(bytes / mib).toFixed(bytes < 10 * mib ? 1 : 0)} MiB`;

function onlyName(command: string, positionals: readonly string[]): string {
  if (positionals.length !== 1) throw new MeridianError('USAGE', { detail: `meridian ${command} takes the name of one cluster` });
  return positionals[0];
}

function print(text: string, code = 0): number {
  process.stdout.write(text);
  return code;
}
