import { describe, expect, it } from 'vitest';
import { readCorpus } from './corpus-file.ts';
import { mutated, randomOf } from './mutate.ts';
import { Runner, targets, type TargetName } from './targets.ts';

/** A short look beyond what is known; `npm run fuzz` goes on for hours, led by coverage. */
const mutations = 300;
const patienceMs = 240_000;

describe.each(Object.keys(targets) as TargetName[])('%s', (name) => {
  const target = targets[name];
  const inputs = [...readCorpus(name), ...target.seeds()];

  it('keeps its promises for all that once was of interest', async () => {
    expect(inputs.length).toBeGreaterThan(100);
    const runner = new Runner(target);
    for (const input of inputs) expect(await runner.run(input), input.toString('base64')).toBeUndefined();
    await runner.stop();
  }, patienceMs);

  it('keeps them for what is made of that', async () => {
    const runner = new Runner(target);
    const random = randomOf(1);
    const words = target.words.map((text) => Buffer.from(text, 'latin1'));
    for (let i = 0; i < mutations; i++) {
      const input = mutated(random, { corpus: inputs, words });
      expect(await runner.run(input), input.toString('base64')).toBeUndefined();
    }
    await runner.stop();
  }, patienceMs);
});
