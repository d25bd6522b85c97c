// How long tests wait for what should happen. They wait for states, so a generous bound costs time only when a test fails;
// what is too slow is for benchmarks to say.
//   node tests/patience.mjs SECONDS    prints the bound in ms, for options of node --test
import os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MAX_LOAD = 10;  // beyond it, a machine is broken rather than busy

/**
 * A bound in ms, scaled by the environment's TEST_PATIENCE (for slow machines and sanitizers) and by how many programs
 * share a core at this moment. The same in patience.py and patience.hpp.
 */
export function patience(ms = 60_000) {
  const load = os.loadavg()[0] / os.availableParallelism();
  return Math.ceil(ms * Number(process.env.TEST_PATIENCE || 1) * Math.min(MAX_LOAD, Math.max(1, load)));
}

/** Asks again and again until the condition, which may be asynchronous, holds; returns its value. */
export async function until(condition, description) {
  for (const start = performance.now(); ;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() - start > patience()) throw new Error(`waited in vain for this: ${description}`);
    await sleep(20);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(patience(Number(process.argv[2]) * 1000));
