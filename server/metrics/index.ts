export { metricsRoutes } from './http.ts';
export type { Ledgers } from './ports.ts';
