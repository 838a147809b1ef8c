import { fileURLToPath } from 'node:url';
import { readTextFile } from '../shared/io/files.ts';
import { watchLifeline } from '../shared/io/lifeline.ts';
import { writeStdoutLine } from '../shared/io/stdout.ts';
import { createLogger, logLevels } from '../shared/log/log.ts';
import { systemPorts } from '../shared/ports/system.ts';
import type { Env } from './config/environment.ts';
import { startNode } from './start-node.ts';

const orphanLimitMs = 10_000;

/**
 * The program `meridian node`: runs until SIGTERM or SIGINT, then lets clients finish and answers 0. Throws NODE_CONFIG or
 * PORT_TAKEN when it cannot start. MERIDIAN_LOG_LEVEL: debug, info, warn, error. MERIDIAN_LIFELINE=stdin: also ends when whoever started it is gone.
 */
export async function runNode(env: Env): Promise<number> {
  const level = logLevels.find((one) => one === env.MERIDIAN_LOG_LEVEL) ?? 'info';
  const log = createLogger({ clock: systemPorts.clock, write: writeStdoutLine, level, fields: { pod: env.MERIDIAN_POD_NAME } });
  const asked = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
    if (env.MERIDIAN_LIFELINE === 'stdin') {
      watchLifeline(() => {
        // Nobody is left who would kill a node that does not end.
        systemPorts.timers.after(orphanLimitMs, () => process.exit(1), { keepAlive: false });
        resolve('end of the starter');
      });
    }
  });
  const node = await startNode({ env, ports: systemPorts, log, version: programVersion(), onBroken: () => process.exit(1) });
  log.info('stopping', { signal: await asked });
  await node.stop();
  log.info('stopped');
  return 0;
}

function programVersion(): string {
  const text = readTextFile(fileURLToPath(new URL('../package.json', import.meta.url)));
  return text === undefined ? '0.0.0' : (JSON.parse(text) as { version: string }).version;
}
