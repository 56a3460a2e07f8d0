export { HealthMonitor, type Probe } from './health.ts';
