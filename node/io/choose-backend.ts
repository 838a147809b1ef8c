import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { Timers } from '../../shared/ports/ports.ts';
import type { IoBackend } from './backend.ts';
import { epollBackend } from './epoll-backend.ts';
import { netBackend } from './net-backend.ts';
import { staticReadBackend } from './static-read-backend.ts';

/** The backend that MERIDIAN_IO names; when it names none `epoll`, or `static-read` where that cannot be had. Throws NODE_CONFIG when there is none of that name, or not here. */
export function chooseBackend(name: string | undefined, timers: Timers): IoBackend {
  switch (name) {
    case undefined:
    case '':
      return epollBackend(timers) ?? staticReadBackend();
    case 'static-read':
      return staticReadBackend();
    case 'net':
      return netBackend;
    case 'epoll': {
      const backend = epollBackend(timers);
      if (backend !== undefined) return backend;
      throw new MeridianError('NODE_CONFIG', { detail: 'MERIDIAN_IO=epoll needs Linux on x64 or arm64 and a Node with node:ffi; use static-read' });
    }
    default:
      throw new MeridianError('NODE_CONFIG', { detail: `MERIDIAN_IO=${name} is none of static-read, epoll, net` });
  }
}
