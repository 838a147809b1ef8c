import { measureCost } from './cost.ts';
import { serve } from './server.ts';

export const title = 'namespaces: their cost per request, a neighbour at ten times its quota, flushes by tag and pattern';

/** `[cost] [--rounds N] [--pipelines 1,16,100]`. */
export async function run(args: readonly string[]): Promise<void> {
  if (args[0] === 'serve') return serve(Number(args[1]), args[2] ?? 'none');
  const valueOf = (name: string, fallback: string): string => (args.includes(name) ? args[args.indexOf(name) + 1] : fallback);
  await measureCost(Number(valueOf('--rounds', '5')), valueOf('--pipelines', '1,16,100').split(',').map(Number));
}
