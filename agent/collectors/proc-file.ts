import { closeSync, openSync, readSync } from 'node:fs';

const FIRST_BUFFER_BYTES = 4096;
/** No file that a collector reads comes near this; one that does is not what it seems. */
const LARGEST_FILE_BYTES = 4 * 1024 * 1024;

/**
 * A file of /proc or /sys that is read again and again: kept open and read from its beginning, which makes the kernel
 * write it anew. Keeps one buffer, so that a tick makes little garbage.
 */
export class ProcFile {
  readonly #path: string;
  #fd: number | undefined;
  #buffer = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);

  constructor(path: string) {
    this.#path = path;
  }

  /** The whole text. Throws what the file system says; the file is opened anew next time. */
  read(): string {
    try {
      this.#fd ??= openSync(this.#path, 'r');
      return this.#readAll(this.#fd);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The whole text, or undefined when there is no such file; other errors are thrown. */
  readIfThere(): string | undefined {
    try {
      return this.read();
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #readAll(fd: number): string {
    let length = 0;
    for (;;) {
      const read = readSync(fd, this.#buffer, length, this.#buffer.length - length, length);
      length += read;
      if (read === 0) return this.#buffer.toString('latin1', 0, length);
      if (length === this.#buffer.length) this.#grow();
    }
  }

  #grow(): void {
    if (this.#buffer.length >= LARGEST_FILE_BYTES)
      throw new Error(`${this.#path} is larger than ${LARGEST_FILE_BYTES} bytes`);
    const larger = Buffer.allocUnsafe(this.#buffer.length * 2);
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

/** Whether an error says that a file is not there, or that the kernel has this feature switched off. */
export function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EOPNOTSUPP' || code === 'ENODEV';
}
