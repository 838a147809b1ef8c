import fc from 'fast-check';

/**
 * Property tests draw the same cases in every run, so that a failure is one of the change at hand. `FC_SEED=N` draws others; `FC_SEED=random` new ones
 * each time (what a developer runs for an hour).
 */
const standardSeed = 20261121;
const wanted = process.env.FC_SEED;
if (wanted !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: wanted === undefined ? standardSeed : Number(wanted) });
