import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { isFault } from '../../lib/core/fault.ts';
import { Shadow } from '../../lib/core/shadow/shadow.ts';

/** More than any checkpoint unpacks to. */
const MOST_BYTES = 1 << 20;
/** https://nodejs.org/api/zlib.html: what is no deflated data, is cut, or unpacks to too much. */
const ZLIB_CODE = /^(Z_|ERR_BUFFER_TOO_LARGE$)/;

/**
 * A shadow as it rides in the window's state and rests in the store: its checkpoint, deflated (RFC 1951). A tenth less, so that more
 * shadows ride; 0.1 ms each.
 */
export const storedShadow = (shadow: Shadow): Uint8Array => deflateRawSync(shadow.encode());

/**
 * The shadow of stored bytes. Undefined for bytes that this code does not know or that were damaged: lost learning, not a reason
 * to stop a stream.
 */
export function shadowOf(bytes: Uint8Array): Shadow | undefined {
  try {
    return Shadow.decode(inflateRawSync(bytes, { maxOutputLength: MOST_BYTES }));
  } catch (error) {
    if (isFault(error) ? error.code === 'SHADOW_FORMAT' : isZlib(error)) return undefined;
    throw error;
  }
}

const isZlib = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && ZLIB_CODE.test(String(error.code));
