import type { Worker } from 'node:worker_threads';

/** Questions to a worker thread, which answers each under its `id` with a `value` or an `error`. All fail when the thread dies. */
export function questionsTo(worker: Worker): <T>(question: Record<string, unknown>) => Promise<T> {
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  worker.on('message', ({ id, value, error }: { id: number; value: never; error?: string }) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) one?.resolve(value);
    else one?.reject(new Error(error));
  });
  worker.on('error', (error) => {
    for (const { reject } of waiting.values()) reject(error as Error);
    waiting.clear();
  });
  let asked = 0;
  return <T>(question: Record<string, unknown>): Promise<T> =>
    new Promise((resolve, reject) => {
      asked += 1;
      waiting.set(asked, { resolve, reject });
      worker.postMessage({ ...question, id: asked });
    });
}
