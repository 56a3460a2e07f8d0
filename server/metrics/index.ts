export { metricsRoutes } from './http.ts';
export { joinLedgers } from './ledgers.ts';
export type { Ledgers } from './ports.ts';
export { readReport } from './usecases.ts';
