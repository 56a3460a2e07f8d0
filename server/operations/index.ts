export { HealthMonitor } from './health.ts';
export { probeRoutes } from './probes.ts';
