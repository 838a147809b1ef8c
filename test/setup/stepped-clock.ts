import { readFileSync } from 'node:fs';

/** Loaded into a node before its own program (`--import`): at SIGUSR2 its wall clock steps to as many milliseconds off the machine's as the file says. */
const file = process.env.MERIDIAN_TEST_CLOCK_FILE ?? '';
const realNow = Date.now;
let offsetMs = 0;
Date.now = () => realNow() + offsetMs;
process.on('SIGUSR2', () => {
  offsetMs = Number(readFileSync(file, 'utf8'));
  process.stdout.write(`${JSON.stringify({ message: 'the wall clock stepped', offsetMs })}\n`);
});
