import { measureCost } from './cost.ts';
import { measureFlush } from './flush.ts';
import { loadBeside, measureNeighbour } from './neighbour.ts';
import { serve } from './server.ts';
import { measureStep, measureSteps } from './steps.ts';

export const title = 'namespaces: their cost per request, a neighbour at ten times its quota, flushes by tag and pattern';
export const usage = '[steps|cost|neighbour|flush ...]  --rounds 5  --pipelines 1,16,100  --keys 1000000';

/** `[steps|cost|neighbour|flush …] [--rounds N] [--pipelines 1,16,100] [--keys N]`; none of the four: all. */
export async function run(args: readonly string[]): Promise<void> {
  if (args[0] === 'serve') return serve(Number(args[1]), args[2] ?? 'none');
  if (args[0] === 'step') return measureStep(args[1]);
  if (args[0] === 'load') return loadBeside(Number(args[1]), Number(args[2]), Number(args[3]), Number(args[4]));
  const valueOf = (name: string, fallback: string): string => (args.includes(name) ? args[args.indexOf(name) + 1] : fallback);
  const wanted = (name: string): boolean => args.includes(name) || !['steps', 'cost', 'neighbour', 'flush'].some((one) => args.includes(one));
  if (wanted('steps')) await measureSteps(3);
  if (wanted('cost')) await measureCost(Number(valueOf('--rounds', '5')), valueOf('--pipelines', '1,16,100').split(',').map(Number));
  if (wanted('neighbour')) await measureNeighbour();
  if (wanted('flush')) await measureFlush(Number(valueOf('--keys', '1000000')));
}
