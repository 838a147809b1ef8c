import { runSteps } from './steps.ts';

/** `npm run check`: types, lint and the house rules (layers, ports, style), without running the product. */
const ok = await runSteps([
  { title: 'types', command: 'tsc', args: ['-p', '.'] },
  { title: 'lint', command: 'oxlint', args: ['--type-aware', '--quiet'] },
  { title: 'house rules', command: 'vitest', args: ['run', 'test/house'] },
]);
process.exit(ok ? 0 : 1);
