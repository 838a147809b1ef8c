import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * Runs a program that `docs/developing.md` lists and gives its standard output. A program that is missing is a failure that says what to
 * install, never a skip.
 */
export async function runProgram(program: string, args: readonly string[], more: { readonly install?: string; readonly input?: string } = {}): Promise<string> {
  try {
    const running = execute(program, [...args], { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 });
    if (more.input !== undefined) running.child.stdin?.end(more.input);
    return (await running).stdout;
  } catch (error) {
    const failure = error as NodeJS.ErrnoException & { readonly stdout?: string; readonly stderr?: string };
    if (failure.code === 'ENOENT') throw new Error(`${program} is not installed: ${more.install ?? 'see docs/developing.md'}`, { cause: error });
    throw new Error(`${program} ${args.slice(0, 6).join(' ')} failed: ${failure.stderr ?? ''}${failure.stdout ?? ''}`, { cause: error });
  }
}
