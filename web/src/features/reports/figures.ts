import type { FigureName, Figures } from '#contract/metrics.ts';
import type { Money } from '#contract/money.ts';
import { money } from '../../live/words.ts';
import { m } from '../../paraglide/messages.js';
import { getLocale } from '../../paraglide/runtime.js';
import { countdownText } from '../../ui/countdown.ts';

/** A figure on its tile: name, value, context, definition, and what sums to it. */
export type Tile = {
  name: FigureName;
  label: string;
  value: string;
  context: string;
  definition: string;
  parts: { words: string; value: string }[];
};

const number = (value: number): string => new Intl.NumberFormat(getLocale()).format(value);
const perCent = (share: number): string =>
  new Intl.NumberFormat(getLocale(), { style: 'percent', maximumFractionDigits: 0 }).format(share);
const amount = (value: Money | null): string => (value === null ? '–' : money(value));

/** The tiles of a stream's page. */
export function tilesOf(figures: Figures, isLive: boolean): Tile[] {
  const { granted, redeemed, claims } = figures;
  const watch = figures.views === 0 ? '–' : countdownText(figures.averageWatchS * 1000);
  return [
    {
      name: 'views',
      label: m.figure_views(),
      value: number(figures.views),
      context: m.figure_views_context(),
      definition: m.figure_views_definition(),
      parts: [],
    },
    {
      name: 'peak',
      label: m.figure_peak(),
      value: number(figures.peak),
      context: isLive ? m.figure_online_now({ count: number(figures.online) }) : '',
      definition: m.figure_peak_definition(),
      parts: [],
    },
    {
      name: 'averageWatchS',
      label: m.figure_watch(),
      value: watch,
      context: m.figure_watch_context(),
      definition: m.figure_watch_definition(),
      parts: [],
    },
    {
      name: 'gmv',
      label: m.figure_gmv(),
      value: money(figures.gmv),
      context: m.figure_gmv_context({ live: money(figures.gmvLive), after: money(figures.gmvAfterEnd) }),
      definition: m.figure_gmv_definition(),
      parts: [
        { words: m.figure_gmv_live(), value: money(figures.gmvLive) },
        { words: m.figure_gmv_after(), value: money(figures.gmvAfterEnd) },
        { words: m.figure_discounts(), value: money(figures.discounts) },
      ],
    },
    {
      name: 'net',
      label: m.figure_net(),
      value: money(figures.net),
      context: m.figure_net_context({ refunds: money(figures.refunds) }),
      definition: m.figure_net_definition(),
      parts: [
        { words: m.figure_gmv(), value: money(figures.gmv) },
        { words: m.figure_refunds(), value: money(figures.refunds) },
      ],
    },
    {
      name: 'gmvPerThousandViews',
      label: m.figure_gmv_per_thousand(),
      value: amount(figures.gmvPerThousandViews),
      context: m.figure_gmv_on_views({ gmv: money(figures.gmv), views: number(figures.views) }),
      definition: m.figure_gmv_per_thousand_definition(),
      parts: [],
    },
    {
      name: 'orders',
      label: m.figure_orders(),
      value: number(figures.orders),
      context: '',
      definition: m.figure_orders_definition(),
      parts: [],
    },
    {
      name: 'claimToRedeem',
      label: m.figure_claim_to_redeem(),
      value: figures.claimToRedeem === null ? '–' : perCent(figures.claimToRedeem),
      context: m.figure_of_granted({ redeemed: number(redeemed), granted: number(granted) }),
      definition: m.figure_claim_to_redeem_definition(),
      parts: [
        { words: m.figure_claims(), value: number(claims) },
        { words: m.control_granted(), value: number(granted) },
        { words: m.control_redeemed(), value: number(redeemed) },
      ],
    },
    {
      name: 'danmaku',
      label: m.danmaku(),
      value: number(figures.danmaku),
      context: '',
      definition: m.figure_danmaku_definition(),
      parts: [],
    },
  ];
}

/** How long a stream was or is on air, as `h:mm:ss`; a dash before it is. */
export function lengthText(
  { liveAt, endedAt }: { liveAt: string | null; endedAt: string | null },
  now: number,
): string {
  if (liveAt === null) return '–';
  return countdownText((endedAt === null ? now : Date.parse(endedAt)) - Date.parse(liveAt));
}
