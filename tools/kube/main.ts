import { binaryNames, wrapperModules } from './catalogue.ts';
import { BinariesMissingError, cacheRoot, ensureBinaries } from './ensure.ts';

const usage = `usage: node tools/launch.mjs tools/kube/main.ts COMMAND
  build all|test|NAME...  builds what is missing and prints the paths (test: what npm test needs)
  versions                prints what is pinned
  cache                   prints where binaries are kept
names: ${binaryNames.join(' ')}
`;

/** What `npm test` needs. */
const testBinaries = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl', 'helm'];

function namesOf(args: readonly string[]): readonly string[] {
  if (args[0] === 'all') return binaryNames;
  return args[0] === 'test' ? testBinaries : args;
}

async function run([command, ...args]: readonly string[]): Promise<number> {
  switch (command) {
    case 'build': {
      const unknown = namesOf(args).filter((name) => !binaryNames.includes(name));
      if (args.length === 0 || unknown.length > 0) break;
      for (const [name, path] of Object.entries(await ensureBinaries(namesOf(args)))) process.stdout.write(`${name} ${path}\n`);
      return 0;
    }
    case 'versions':
      for (const module of wrapperModules) process.stdout.write(`${module.folder} ${module.version}: ${Object.keys(module.binaries).join(' ')}\n`);
      return 0;
    case 'cache':
      process.stdout.write(`${cacheRoot()}\n`);
      return 0;
  }
  process.stderr.write(usage);
  return 2;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`kube: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof BinariesMissingError ? 2 : 1;
}
