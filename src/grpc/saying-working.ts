import type { Writable } from 'node:stream';
import { WORKING } from './encode.js';

/** How often a step is told that something moves; it gives up after ten seconds by default. */
const EVERY_MS = 2000;

/** How often it is told at most: after ten minutes the disk is taken to hang. */
const MAX_TIMES = 300;

/** Tells the step that waits, now and then, that what it has sent is being worked on. */
export async function sayingWorking<T>(call: Writable, work: Promise<T>): Promise<T> {
  let left = MAX_TIMES;
  const timer = setInterval(() => {
    left -= 1;
    if (left >= 0 && !call.destroyed) call.write(WORKING);
  }, EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
