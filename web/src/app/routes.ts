import { createRouter } from 'sv-router';

/** Every page of the app, each a chunk of its own. */
export const { navigate, route } = createRouter({
  '/': () => import('../views/HomeView.svelte'),
  '/r/:streamId': () => import('../views/RoomView.svelte'),
  '/sign-in': () => import('../views/SignInView.svelte'),
  '/account': () => import('../views/AccountView.svelte'),
  '/first-operator/:token': () => import('../views/FirstOperatorView.svelte'),
  '/coupons': () => import('../views/WalletView.svelte'),
  '/orders': () => import('../views/OrdersView.svelte'),
  '/orders/:orderId': () => import('../views/OrderView.svelte'),
  '/channels/:channelId': () => import('../views/ChannelView.svelte'),
  '/studio': () => import('../views/StudioView.svelte'),
  '/studio/:streamId': () => import('../views/ControlRoomView.svelte'),
  '/vendor': () => import('../views/VendorView.svelte'),
  '/vendor/:vendorId': () => import('../views/VendorView.svelte'),
  '/analyst': () => import('../views/AnalystView.svelte'),
  '/analyst/:streamId': () => import('../views/StreamReportView.svelte'),
  '/health': () => import('../views/HealthView.svelte'),
  '/operator/test-money': () => import('../views/TestMoneyView.svelte'),
  '*notfound': () => import('../views/NotFoundView.svelte'),
});
