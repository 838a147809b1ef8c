import type { DynamicLibrary } from 'node:ffi';

/**
 * The system calls of Linux that the epoll backend makes by itself, through `node:ffi` (experimental: checked for, never assumed). A wrong pointer ends the process, so
 * every length is checked against its buffer before a call, and lengths and counts go as 32 bits.
 */
export interface SystemCalls {
  /** Another descriptor of the same socket, closed on exec; -1 on failure. */
  duplicate(fd: number): number;
  close(fd: number): void;
  shutdownWrites(fd: number): void;
  /** Bytes read into the area given to `systemCalls`, 0 at the end, -1 when nothing is there, -2 on an error. */
  receive(fd: number): number;
  /** Bytes of buffer[start, end) that the kernel took, 0 when it takes none now, -2 on an error. */
  send(fd: number, buffer: Buffer, start: number, end: number): number;
  setKeepAlive(fd: number, seconds: number): void;
  /** A set of descriptors to wait for; `onReady` is called from the event loop while some are ready. */
  createWaitSet(onReady: () => void): WaitSet;
}

/** One epoll instance, itself waited for by the event loop. */
export interface WaitSet {
  add(fd: number, events: number, tag: number): void;
  change(fd: number, events: number, tag: number): void;
  remove(fd: number): void;
  /** How many are ready now, at most `readyCapacity`; read them by `events` and `tag`. */
  collect(): number;
  events(index: number): number;
  tag(index: number): number;
  /** Whether the event loop looks at the set, and is kept alive by it. */
  watch(on: boolean): void;
}

export const readable = 0x001;
export const writable = 0x004;
export const failed = 0x008;
export const hungUp = 0x010;

const readyCapacity = 256;
const duplicateCloseOnExec = 1030;
const closeOnExec = 0x80000;
const again = 11;
const interrupted = 4;
const [controlAdd, controlDelete, controlModify] = [1, 2, 3];
const shutdownWrite = 1;
const socketLevel = 1;
const keepAliveOption = 9;
const tcpLevel = 6;
const keepAliveIdle = 4;
const keepAliveInterval = 5;
/** UV_POLL of uv_handle_type, and UV_READABLE. */
const pollHandle = 8;
const uvReadable = 1;

const signatures = {
  fcntl: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  close: { arguments: ['int32'], return: 'int32' },
  shutdown: { arguments: ['int32', 'int32'], return: 'int32' },
  read: { arguments: ['int32', 'pointer', 'uint32'], return: 'int32' },
  write: { arguments: ['int32', 'pointer', 'uint32'], return: 'int32' },
  setsockopt: { arguments: ['int32', 'int32', 'int32', 'pointer', 'uint32'], return: 'int32' },
  epoll_create1: { arguments: ['int32'], return: 'int32' },
  epoll_ctl: { arguments: ['int32', 'int32', 'int32', 'pointer'], return: 'int32' },
  epoll_wait: { arguments: ['int32', 'pointer', 'int32', 'int32'], return: 'int32' },
  __errno_location: { arguments: [], return: 'pointer' },
  uv_handle_size: { arguments: ['int32'], return: 'uint64' },
  uv_poll_init: { arguments: ['pointer', 'pointer', 'int32'], return: 'int32' },
  uv_poll_start: { arguments: ['pointer', 'int32', 'pointer'], return: 'int32' },
  uv_poll_stop: { arguments: ['pointer'], return: 'int32' },
} as const;

/** `readArea` is where `receive` puts what it reads. Undefined where the platform or this Node has not what is needed. */
export function systemCalls(readArea: Buffer): SystemCalls | undefined {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) return undefined;
  const ffi = process.getBuiltinModule('node:ffi') as typeof import('node:ffi') | undefined;
  if (ffi === undefined) return undefined;
  const { lib, functions } = ffi.dlopen(null, signatures);
  const { read, write, fcntl, close, shutdown, setsockopt } = functions;
  const readPointer = ffi.getRawPointer(readArea);
  const readBytes = readArea.length;
  const errno = new Int32Array(ffi.toArrayBuffer(functions.__errno_location(), 4, false));
  const option = new Int32Array(new ArrayBuffer(8), 0, 1);
  const optionPointer = ffi.getRawPointer(option.buffer);
  let lastBuffer: Buffer | undefined;
  let lastPointer = 0n;

  function failure(): number {
    return errno[0] === again || errno[0] === interrupted ? -1 : -2;
  }

  function setOption(fd: number, level: number, name: number, value: number): void {
    option[0] = value;
    setsockopt(fd, level, name, optionPointer, 4);
  }

  return {
    duplicate: (fd) => fcntl(fd, duplicateCloseOnExec, 0),
    close: (fd) => void close(fd),
    shutdownWrites: (fd) => void shutdown(fd, shutdownWrite),
    receive(fd) {
      const count = read(fd, readPointer, readBytes);
      return count >= 0 ? count : failure();
    },
    send(fd, buffer, start, end) {
      if (start < 0 || start >= end || end > buffer.length) return -2;
      if (buffer !== lastBuffer) {
        lastBuffer = buffer;
        lastPointer = ffi.getRawPointer(buffer);
      }
      const count = write(fd, start === 0 ? lastPointer : lastPointer + BigInt(start), end - start);
      return count >= 0 ? count : failure() === -1 ? 0 : -2;
    },
    setKeepAlive(fd, seconds) {
      setOption(fd, socketLevel, keepAliveOption, seconds > 0 ? 1 : 0);
      if (seconds <= 0) return;
      setOption(fd, tcpLevel, keepAliveIdle, seconds);
      setOption(fd, tcpLevel, keepAliveInterval, Math.max(1, Math.floor(seconds / 3)));
    },
    createWaitSet: (onReady) => createWaitSet(ffi, lib, functions, onReady),
  };
}

type Functions = ReturnType<typeof import('node:ffi').dlopen<typeof signatures>>['functions'];

function createWaitSet(ffi: typeof import('node:ffi'), lib: DynamicLibrary, functions: Functions, onReady: () => void): WaitSet {
  const { epoll_ctl: control, epoll_wait: wait } = functions;
  // struct epoll_event is packed on x86-64 only.
  const words = process.arch === 'x64' ? 3 : 4;
  const tagWord = words - 2;
  const ready = new Int32Array(readyCapacity * words);
  const readyPointer = ffi.getRawPointer(ready.buffer);
  const wanted = new Int32Array(new ArrayBuffer(words * 4));
  const wantedPointer = ffi.getRawPointer(wanted.buffer);
  const epoll = functions.epoll_create1(closeOnExec);
  // Both live as long as the process: the event loop may look at them at any time.
  const handle = new ArrayBuffer(Number(functions.uv_handle_size(pollHandle)));
  const handlePointer = ffi.getRawPointer(handle);
  const callback = lib.registerCallback({ arguments: ['pointer', 'int32', 'int32'], return: 'void' }, onReady);
  if (epoll < 0 || functions.uv_poll_init(ffi.getCurrentEventLoop(), handlePointer, epoll) !== 0) throw new Error('epoll is not to be had');

  function tell(operation: number, fd: number, events: number, tag: number): void {
    wanted[0] = events;
    wanted[tagWord] = tag;
    control(epoll, operation, fd, wantedPointer);
  }

  kept.add({ handle, ready, wanted, lib });
  return {
    add: (fd, events, tag) => tell(controlAdd, fd, events, tag),
    change: (fd, events, tag) => tell(controlModify, fd, events, tag),
    remove: (fd) => tell(controlDelete, fd, 0, 0),
    collect: () => wait(epoll, readyPointer, readyCapacity, 0),
    events: (index) => ready[index * words],
    tag: (index) => ready[index * words + tagWord],
    watch(on) {
      if (on) functions.uv_poll_start(handlePointer, uvReadable, callback);
      else functions.uv_poll_stop(handlePointer);
    },
  };
}

/** Memory that native code holds pointers to. */
const kept = new Set<object>();
