/** One accepted connection, as an I/O backend gives it. */
export interface IoConnection {
  /** `ip:port`; IPv6 in brackets. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly fd: number;
  /** Bytes given to `write` that the kernel has not taken yet. */
  readonly pendingBytes: number;
  /** Memory of the buffers that these lie in, where they are the backend's alone: the last byte of one keeps all of it. */
  readonly heldBytes?: number;
  /** Sends buffer[0, length). True: all taken, the buffer is the caller's again; false: the backend goes on reading from it and may give its memory back, the caller must let go of it. */
  write(buffer: Buffer, length: number): boolean;
  /** Sends now what `write` may have taken to send together with the answers of other connections. */
  flush?(): void;
  pauseReading(): void;
  resumeReading(): void;
  /** Closes after what was written has been sent. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
  setKeepAlive(seconds: number): void;
}

/** What the server does with one connection. Nothing is called after `onClose`. */
export interface IoHandler {
  /**
   * buffer[start, end) has arrived. The handler may use the buffer only during the call, and may overwrite the bytes before `start`
   * (room to put an incomplete command in front of what has just come).
   */
  onData(buffer: Buffer, start: number, end: number): void;
  /** Nothing more will arrive. True: the handler ends the connection when it has answered; else it is ended once what was written has been sent. */
  onEnd?(): boolean;
  /** What was pending has been sent. */
  onDrain(): void;
  onClose(): void;
}

export interface IoListener {
  readonly host: string;
  readonly port: number;
  /** Accepts no more; open connections stay. Resolves when the port is free. */
  close(): Promise<void>;
}

/** A way to do socket I/O: every implementation passes the same conformance suite. */
export interface IoBackend {
  readonly name: string;
  /** `accept` is called once per connection; undefined closes it unheard. Rejects with the system's error when the address cannot be listened on. */
  listen(options: { readonly host: string; readonly port: number; readonly backlog: number }, accept: (connection: IoConnection) => IoHandler | undefined): Promise<IoListener>;
}
