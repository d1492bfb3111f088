/**
 * Reuse distances of a stream of blocks: how many different blocks were referenced since the last time, the block itself
 * counted. An LRU cache of C blocks hits exactly the references with a distance of at most C.
 *
 * Olken's method (1981) with a Fenwick tree in place of a balanced one: slot t of the tree is 1 when the block referenced
 * at time t was not referenced since; a distance is a sum over the slots after the last reference, in O(log n). Slots
 * that are 0 are squeezed out when the tree is full, so that memory stays proportional to the blocks that are known.
 * Typed arrays: one reference costs one map look-up and two walks of the tree (`test/bench/miss-ratio.bench.ts`).
 */
export class ReuseDistances {
  readonly #slotOf = new Map<number, number>();
  /** Fenwick tree over slots, from index 1. */
  #tree = new Int32Array(LEAST_SLOTS + 1);
  /** The block whose last reference is in a slot, NaN when there is none. */
  #blockAt = new Float64Array(LEAST_SLOTS + 1).fill(Number.NaN);
  #next = 1;

  /** Blocks that are known: referenced and not forgotten. */
  get size(): number {
    return this.#slotOf.size;
  }

  /** Takes in one reference; undefined for a block that was not known. */
  reference(block: number): number | undefined {
    if (this.#next >= this.#tree.length) this.#squeeze();
    const last = this.#slotOf.get(block);
    let distance: number | undefined;
    if (last !== undefined) {
      distance = this.size - this.#sumTo(last) + 1;
      this.#clear(last);
    }
    this.#slotOf.set(block, this.#next);
    this.#blockAt[this.#next] = block;
    this.#add(this.#next, 1);
    this.#next += 1;
    return distance;
  }

  /** Forgets a block as if it had never been referenced. */
  forget(block: number): void {
    const slot = this.#slotOf.get(block);
    if (slot === undefined) return;
    this.#clear(slot);
    this.#slotOf.delete(block);
  }

  #clear(slot: number): void {
    this.#add(slot, -1);
    this.#blockAt[slot] = Number.NaN;
  }

  /** How many blocks have their last reference in slots 1 to `slot`. */
  #sumTo(slot: number): number {
    const tree = this.#tree;
    let sum = 0;
    for (let at = slot; at > 0; at -= at & -at) sum += tree[at] ?? 0;
    return sum;
  }

  #add(slot: number, change: number): void {
    const tree = this.#tree;
    for (let at = slot; at < tree.length; at += at & -at) tree[at] = (tree[at] ?? 0) + change;
  }

  /** Renumbers the slots in use from 1, in order, with as many free ones behind them. Linear, every so many references. */
  #squeeze(): void {
    const slots = Math.max(LEAST_SLOTS, 2 * this.size);
    const blockAt = new Float64Array(slots + 1).fill(Number.NaN);
    const tree = new Int32Array(slots + 1);
    let next = 1;
    for (const block of this.#blockAt) {
      if (Number.isNaN(block)) continue;
      blockAt[next] = block;
      this.#slotOf.set(block, next);
      tree[next] = 1;
      next += 1;
    }
    for (let at = 1; at <= slots; at += 1) {
      const parent = at + (at & -at);
      if (parent <= slots) tree[parent] = (tree[parent] ?? 0) + (tree[at] ?? 0);
    }
    this.#blockAt = blockAt;
    this.#tree = tree;
    this.#next = next;
  }
}

const LEAST_SLOTS = 1024;
