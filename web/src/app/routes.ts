import { createRouter } from 'sv-router';

/** Every page of the app, each a chunk of its own. */
export const { navigate, route, isActive } = createRouter({
  '*notfound': () => import('../views/NotFoundView.svelte'),
});
