// What is good and what is poor, by the thresholds of web.dev, and how it is written.
import { decimal, duration } from "./dom.js";

export const METRICS = {
  lcp: { good: 2500, fair: 4000, format: duration },
  inp: { good: 200, fair: 500, format: duration },
  cls: { good: 0.1, fair: 0.25, format: decimal },
  ttfb: { good: 800, fair: 1800, format: duration },
};

/** `good`, `fair` or `poor`. */
export function rating(metric, value) {
  const { good, fair } = METRICS[metric];
  return value <= good ? "good" : value <= fair ? "fair" : "poor";
}
