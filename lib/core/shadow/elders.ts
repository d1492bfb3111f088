import type { Shadow } from './shadow.ts';

/** The least frames after which a shadow has anything to pass on. */
const LEAST_FRAMES = 100;
/** From so many frames on it has learnt most of what there is to learn in minutes. */
const GROWN_FRAMES = 1_000;
/** A shadow that goes on is taken anew so often: images, and what runs on them, change. */
const EVERY = 10_000;

/** Whether a shadow that has counted so many frames is taken as an elder now: at 100, at 1,000, and each 10,000. */
export const isElder = (frames: number): boolean =>
  frames === LEAST_FRAMES || frames === GROWN_FRAMES || (frames > 0 && frames % EVERY === 0);

/** Whether a shadow that ends is an elder. */
export const endsAsElder = (frames: number): boolean => frames >= LEAST_FRAMES;

/** An elder that is not grown does not take the place of one that is. */
export const isGrown = (frames: number): boolean => frames >= GROWN_FRAMES;

/**
 * What VMs with the same machine image are born from: a copy of the shadow of that image that was looked at last (`isElder`) or
 * ended last. Each begins where its own elder was, so the newest one carries what all before it have learnt.
 */
export class Elders {
  readonly #byImage = new Map<string, Shadow>();

  of(image: string): Shadow | undefined {
    return this.#byImage.get(image);
  }

  /** To be called after each frame of a shadow. */
  see(image: string, shadow: Shadow): void {
    if (isElder(shadow.frames)) this.#take(image, shadow);
  }

  /** To be called when its primary is gone. */
  end(image: string, shadow: Shadow): void {
    if (endsAsElder(shadow.frames)) this.#take(image, shadow);
  }

  #take(image: string, shadow: Shadow): void {
    const known = this.#byImage.get(image);
    if (known !== undefined && isGrown(known.frames) && !isGrown(shadow.frames)) return;
    this.#byImage.set(image, shadow.elderOf(image));
  }
}
