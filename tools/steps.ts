import { spawn } from 'node:child_process';

export interface Step {
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const secondsSince = (startMs: number): string => ((performance.now() - startMs) / 1000).toFixed(1);

/** Runs one program with its output shown; true when it exits with 0. */
export function runStep(step: Step): Promise<boolean> {
  const startMs = performance.now();
  process.stdout.write(`== ${step.title}\n`);
  return new Promise((resolve) => {
    const child = spawn(step.command, step.args, { stdio: 'inherit', env: { ...process.env, ...step.env } });
    child.on('error', (error) => {
      process.stdout.write(`== ${step.title}: cannot be started: ${error.message}\n`);
      resolve(false);
    });
    child.on('exit', (code) => {
      process.stdout.write(`== ${step.title}: ${code === 0 ? 'ok' : 'FAILED'} (${secondsSince(startMs)} s)\n`);
      resolve(code === 0);
    });
  });
}

/** Runs every step even when an earlier one failed; true when all passed. */
export async function runSteps(steps: readonly Step[]): Promise<boolean> {
  let ok = true;
  for (const step of steps) ok = (await runStep(step)) && ok;
  return ok;
}
