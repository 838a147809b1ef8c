import { Agent, get } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** GET of a path on loopback: the status, or why there is none. The body is thrown away. Returns how to give up. */
export function probeHttp(port: number, path: string, done: (answer: number | Error) => void): () => void {
  let over = false;
  const end = (answer: number | Error): void => {
    if (over) return;
    over = true;
    done(answer);
  };
  const request = get({ host: '127.0.0.1', port, path, agent }, (response) => {
    response.resume();
    end(response.statusCode ?? 0);
  });
  request.once('error', end);
  return () => request.destroy(new Error('timed out'));
}
