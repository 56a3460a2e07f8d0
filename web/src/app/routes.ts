import { createRouter } from 'sv-router';

/** Every page of the app, each a chunk of its own. */
export const { navigate, route, isActive } = createRouter({
  '/r/:streamId': () => import('../views/RoomView.svelte'),
  '*notfound': () => import('../views/NotFoundView.svelte'),
});
