/** Figures for Prometheus, on a listener of its own: off until a port is set, and for this machine alone unless a token is. */
export { startMetrics, type MetricsOptions, type RunningMetrics } from './start.ts'
