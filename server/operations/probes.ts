import { Router } from 'express';
import type { HealthMonitor } from './health.ts';

/**
 * Probes for machines: `/livez` says that the process answers, `/readyz` that what it stands on answers too. 503 while
 * a store is down; processes beside this one do not count.
 */
export function probeRoutes(health: HealthMonitor): Router {
  const router = Router();
  router.get('/livez', (_request, response) => void response.type('text').send('ok'));
  router.get('/readyz', async (_request, response) => {
    const { parts } = await health.look();
    const down = parts.filter(({ kind, state }) => kind === 'store' && state === 'down');
    const words = down.length === 0 ? 'ok' : `down: ${down.map(({ name }) => name).join(', ')}`;
    response
      .status(down.length === 0 ? 200 : 503)
      .type('text')
      .send(words);
  });
  return router;
}
