import { expect, test } from 'vitest';
import { addressOf } from './address-form.ts';
import { countries } from './countries.ts';

const formOf = (fields: Record<string, string>): FormData => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
};
const filled = {
  name: 'Mia Sun',
  street: '1 Tea Lane',
  extra: ' ',
  city: 'Berlin',
  region: '',
  postcode: '10115',
  country: 'DE',
  phone: '',
};

test('[S0.13] a filled form is an address, without what was left empty', () => {
  expect(addressOf(formOf(filled))).toEqual({
    ok: true,
    address: {
      name: 'Mia Sun',
      street: '1 Tea Lane',
      city: 'Berlin',
      postcode: '10115',
      country: 'DE',
      isDefault: false,
    },
  });
  expect(addressOf(formOf({ ...filled, isDefault: 'on', region: 'BE' }))).toMatchObject({
    address: { isDefault: true, region: 'BE' },
  });
});

test('[S0.13] what is missing is named, first things first', () => {
  expect(addressOf(formOf({ ...filled, name: ' ', country: '' }))).toEqual({
    ok: false,
    missing: ['name', 'country'],
  });
});

test('countries go by their names in the reader’s language', () => {
  const english = countries('en');
  expect(english.find(({ code }) => code === 'DE')).toEqual({ code: 'DE', name: 'Germany' });
  expect(countries('zh-CN').find(({ code }) => code === 'DE')?.name).toBe('德国');
  expect(new Set(english.map(({ code }) => code)).size).toBe(english.length);
  expect(english.length).toBeGreaterThan(230);
});
