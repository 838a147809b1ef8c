import { crdsYaml } from '../shared/resources/crd-yaml.ts';

/** `meridian crds`: to pipe into `kubectl apply --server-side -f -`. */
export function runCrdsCommand(): number {
  process.stdout.write(crdsYaml());
  return 0;
}
