export { HealthMonitor } from './health.ts';
export { probeRoutes } from './probes.ts';
export { testMoneyRoutes } from './test-money.ts';
