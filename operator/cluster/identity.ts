import { authSecret, busSecret } from '../../shared/kube/names.ts';
import type { Action } from '../actions/action.ts';
import type { KubeObject } from '../kube/port.ts';
import { resourceTypes } from '../kube/types.ts';
import { ownedBy } from '../resources/metadata.ts';
import { role, roleBinding, serviceAccount } from '../resources/region-access.ts';
import { authSecretOf, busKeyBytes, busSecretOf, passwordBytes } from '../resources/secrets.ts';
import { keepMetadata } from './keep-metadata.ts';
import { specOf } from './observed.ts';
import { act, ensure, find, inTheWay, nothing, problem, together, type StepInput, type StepResult } from './step.ts';

/** Step: who the nodes are (service account, role) and what they and clients prove it with (secrets). */
export function identity(input: StepInput): StepResult {
  const { intent } = input;
  const access = intent.regions.flatMap(({ name }) => [
    ensure(input, resourceTypes.serviceAccount, serviceAccount(intent, name)),
    ensure(input, resourceTypes.role, role(intent, name)),
    ensure(input, resourceTypes.roleBinding, roleBinding(intent, name)),
  ]);
  return together([...access, busKey(input), users(input)]);
}

function busKey(input: StepInput): StepResult {
  const { intent } = input;
  const make: Action = { kind: 'create-secret', randomBytes: busKeyBytes, build: (random) => busSecretOf(intent, random) };
  return secret(input, busSecret(intent.name), make, ownedBy(intent));
}

function users(input: StepInput): StepResult {
  const { intent } = input;
  if (!intent.auth.enabled) return nothing;
  const { usersSecret } = intent.auth;
  if (usersSecret !== undefined) {
    return find(input, 'Secret', usersSecret).kind !== 'absent' ? nothing : problem('SecretMissing', `Secret ${usersSecret} of spec.auth.usersSecretRef does not exist: create it with the keys users.acl and default-password`);
  }
  const make: Action = { kind: 'create-secret', randomBytes: passwordBytes, build: (random) => authSecretOf(intent, random) };
  return secret(input, authSecret(intent.name), make, intent.retainData ? undefined : ownedBy(intent));
}

/** Made once. One that is gone while pods may hold its content is not made anew: nodes would not know each other, clients not get in. */
function secret(input: StepInput, name: string, make: Action, owner: ReturnType<typeof ownedBy> | undefined): StepResult {
  const found = find(input, 'Secret', name);
  if (found.kind === 'ours') return keepMetadata(input, resourceTypes.secret, found.object, {}, owner);
  if (found.kind !== 'absent') return inTheWay(input, found);
  if (![...input.observed.objects.values()].some((object) => mounts(object, name))) return act(make);
  return problem('SecretMissing', `Secret ${name} is gone while pods use it; another one would lock them out: restore it, or delete the StatefulSets to start with a new one`);
}

function mounts(object: KubeObject, secretName: string): boolean {
  if (object.kind !== 'StatefulSet') return false;
  const template = specOf(object).template as { readonly spec?: { readonly volumes?: readonly { readonly secret?: { readonly secretName?: string } }[] } } | undefined;
  return template?.spec?.volumes?.some((volume) => volume.secret?.secretName === secretName) ?? false;
}
