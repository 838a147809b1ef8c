import { MeridianError } from '../shared/errors/meridian-error.ts';
import { crdsYaml } from '../shared/resources/crd-yaml.ts';

const usage = `meridian crds — the CustomResourceDefinitions, to pipe into kubectl apply --server-side -f -
`;

export function runCrdsCommand(args: readonly string[]): number {
  const [first] = args;
  if (first !== undefined && first !== '--help' && first !== '-h') throw new MeridianError('USAGE', { detail: `meridian crds takes no "${first}"` });
  process.stdout.write(first === undefined ? crdsYaml() : usage);
  return 0;
}
