import type { ProductView } from '#contract/catalog.ts';
import type { VendorId } from '#contract/ids.ts';
import type { PayoutState } from '#contract/payments.ts';

export type CheckName = 'camera' | 'microphone' | 'showcase' | 'vendors' | 'payouts';
/** `fix` keeps the stream off air, `warn` does not, `unknown` is not this person's to see. */
export type CheckState = 'ok' | 'fix' | 'warn' | 'unknown';
export type Check = { name: CheckName; state: CheckState };

export type Readiness = {
  hasPicture: boolean;
  hasSound: boolean;
  showcase: readonly Pick<ProductView, 'vendorId'>[];
  /** Vendors that let this channel show their goods now. */
  approvedVendorIds: ReadonlySet<VendorId>;
  /** How far the vendors are that this person may ask about. */
  payouts: ReadonlyMap<VendorId, PayoutState>;
};

/** What is ready before a stream goes on air, and what is not. */
export function preflight({
  hasPicture,
  hasSound,
  showcase,
  approvedVendorIds,
  payouts,
}: Readiness): Check[] {
  const vendorIds = [...new Set(showcase.map(({ vendorId }) => vendorId))];
  const known = vendorIds.flatMap((vendorId) => payouts.get(vendorId) ?? []);
  const payoutState = (): CheckState => {
    if (known.some((state) => state !== 'active')) return 'warn';
    return known.length === vendorIds.length ? 'ok' : 'unknown';
  };
  const isApproved = vendorIds.every((vendorId) => approvedVendorIds.has(vendorId));
  return [
    { name: 'camera', state: hasPicture ? 'ok' : 'fix' },
    { name: 'microphone', state: hasSound ? 'ok' : 'fix' },
    { name: 'showcase', state: showcase.length > 0 ? 'ok' : 'warn' },
    { name: 'vendors', state: isApproved ? 'ok' : 'warn' },
    { name: 'payouts', state: payoutState() },
  ];
}

/** Whether nothing keeps the stream off air. */
export const mayGoLive = (checks: readonly Check[]): boolean => checks.every(({ state }) => state !== 'fix');
