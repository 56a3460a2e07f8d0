import { expect, test } from 'vitest';
import { payoutStatus } from './payout.ts';

const account = {
  accountId: 'acct_1',
  vendorId: 'vnd_1',
  canBePaid: false,
  hasSubmittedDetails: false,
  missing: [],
};

test('[M-V2] a vendor is payable when its account can be paid, and is told what is missing until then', () => {
  expect(payoutStatus(undefined)).toEqual({ state: 'not-connected', isPayable: false, missing: [] });
  expect(payoutStatus({ ...account, missing: ['tos_acceptance.date'] })).toEqual({
    state: 'incomplete',
    isPayable: false,
    missing: ['tos_acceptance.date'],
  });
  expect(payoutStatus({ ...account, hasSubmittedDetails: true })).toMatchObject({ state: 'in-review' });
  expect(payoutStatus({ ...account, canBePaid: true })).toMatchObject({ state: 'active', isPayable: true });
});
